/** A WebSocket as a Port: binary frames both ways. */
import type { Port } from "../../engine/protocol/connection.ts";
import { decodeFrame, encodeFrame } from "../../engine/protocol/frame.ts";

/** The engine closes the socket with this code when the token is wrong. */
export const tokenRefusedCode = 4401;

export interface SocketPort extends Port {
  /** Settles when the socket is open; rejects when it closes first. */
  readonly opened: Promise<void>;
  /** The code the socket closed with; 0 while it is open. */
  readonly closeCode: () => number;
}

export function websocketPort(socket: WebSocket): SocketPort {
  socket.binaryType = "arraybuffer";
  let closeCode = 0;
  const closeListeners: ((reason: string) => void)[] = [];
  const opened = new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("close", (event) => {
      closeCode = event.code;
      const reason = event.reason || `the connection closed (${event.code})`;
      for (const listener of closeListeners) listener(reason);
      reject(new Error(reason));
    });
  });
  return {
    opened,
    closeCode: () => closeCode,
    post(message) {
      // A request made between the loss and its notice is answered by onClose; nothing is queued.
      if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(message).slice());
    },
    onMessage(listener) {
      socket.addEventListener("message", (event: MessageEvent<unknown>) => {
        if (event.data instanceof ArrayBuffer) listener(decodeFrame(new Uint8Array(event.data)));
      });
    },
    onClose(listener) {
      closeListeners.push(listener);
    },
    close() {
      socket.close();
    },
  };
}
