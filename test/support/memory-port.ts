/** Two ports that are each other's other end, in memory. Messages are cloned and arrive later. */
import type { Port } from "../../engine/protocol/connection.ts";

export function memoryPorts(): [Port, Port] {
  const ends = [newEnd(), newEnd()] as const;
  let isClosed = false;
  const port = (own: End, other: End): Port => ({
    post: (message) => {
      const copy: unknown = structuredClone(message);
      setImmediate(() => {
        if (!isClosed) for (const listener of other.onMessage) listener(copy);
      });
    },
    onMessage: (listener) => void own.onMessage.push(listener),
    onClose: (listener) => void own.onClose.push(listener),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      setImmediate(() => {
        for (const end of ends) for (const listener of end.onClose) listener("closed in memory");
      });
    },
  });
  return [port(ends[0], ends[1]), port(ends[1], ends[0])];
}

interface End {
  readonly onMessage: ((message: unknown) => void)[];
  readonly onClose: ((reason: string) => void)[];
}

function newEnd(): End {
  return { onMessage: [], onClose: [] };
}
