/** Holds unit features off the page's thread and answers with the cosine map of one patch. */
import { cosineMap, decodeFloat16, normaliseRows } from "./similarity.ts";

/** `main` is the photograph that is hovered, `second` the one it is compared with. */
export type Slot = "main" | "second";

export type ToWorker =
  | { type: "load"; slot: Slot; version: number; bits: Uint16Array; d: number }
  | { type: "clear"; slot: Slot }
  | { type: "query"; patch: number; withSecond: boolean };

export type FromWorker =
  | { type: "loaded"; slot: Slot; version: number }
  | {
      type: "map";
      main: { version: number; values: Float32Array } | undefined;
      second: { version: number; values: Float32Array } | undefined;
    };

interface Held {
  version: number;
  rows: Float32Array;
  d: number;
}

const held: Partial<Record<Slot, Held>> = {};

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "load": {
      const rows = normaliseRows(decodeFloat16(data.bits), data.d);
      held[data.slot] = { version: data.version, rows, d: data.d };
      answer({ type: "loaded", slot: data.slot, version: data.version });
      break;
    }
    case "clear":
      delete held[data.slot];
      break;
    case "query":
      answerQuery(data.patch, data.withSecond);
      break;
    default:
      data satisfies never;
  }
});

function answerQuery(patch: number, withSecond: boolean): void {
  const { main, second } = held;
  const query = main?.rows.subarray(patch * main.d, (patch + 1) * main.d);
  const map = (over: Held | undefined) =>
    over && query?.length === over.d
      ? { version: over.version, values: cosineMap(query, over.rows) }
      : undefined;
  answer({ type: "map", main: map(main), second: withSecond ? map(second) : undefined });
}

function answer(message: FromWorker): void {
  const transfer =
    message.type === "map"
      ? [message.main, message.second].flatMap((map) => (map ? [map.values.buffer] : []))
      : [];
  self.postMessage(message, { transfer });
}
