/** Holds unit features off the page's thread and answers with the cosine map of a query. */
import { UnitRows } from "./unit-rows.ts";

/** `main` is the photograph that is hovered, `second` the one it is compared with. */
export type Slot = "main" | "second";

/** What the map is of: patches (their mean) by index, or one token that is no patch. */
export type Question =
  | { readonly patches: readonly number[] }
  /** 0 is CLS, 1 the first register. */
  | { readonly token: number };

/** Cosines with every patch [p], and with CLS and the registers [1 + r]. */
export interface Cosines {
  readonly version: number;
  readonly values: Float32Array;
  readonly tokens: Float32Array;
}

export type ToWorker =
  | {
      type: "load";
      slot: Slot;
      version: number;
      /** float16 [p, d] */
      bits: Uint16Array;
      /** CLS and registers, float32 [1 + r, d] */
      tokens: Float32Array;
      d: number;
    }
  | { type: "clear"; slot: Slot }
  | { type: "query"; question: Question; withSecond: boolean };

export type FromWorker =
  | { type: "loaded"; slot: Slot; version: number }
  | { type: "map"; main: Cosines | undefined; second: Cosines | undefined };

interface Held {
  readonly version: number;
  readonly rows: UnitRows;
}

const held: Partial<Record<Slot, Held>> = {};

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "load": {
      const { slot, version, bits, tokens, d } = data;
      held[slot] = { version, rows: new UnitRows(bits, tokens, d) };
      answer({ type: "loaded", slot, version });
      break;
    }
    case "clear":
      delete held[data.slot];
      break;
    case "query":
      answerQuery(data.question, data.withSecond);
      break;
    default:
      data satisfies never;
  }
});

function answerQuery(question: Question, withSecond: boolean): void {
  const { main, second } = held;
  const query = main && queryOf(main.rows, question);
  const map = (over: Held | undefined) =>
    over && query?.length === over.rows.d
      ? { version: over.version, ...over.rows.cosines(query) }
      : undefined;
  answer({ type: "map", main: map(main), second: withSecond ? map(second) : undefined });
}

/** @returns [d], length 1 */
const queryOf = (rows: UnitRows, question: Question): Float32Array =>
  "token" in question ? rows.token(question.token) : rows.meanOf(question.patches);

function answer(message: FromWorker): void {
  const transfer =
    message.type === "map"
      ? [message.main, message.second].flatMap((map) => (map ? [map.values.buffer] : []))
      : [];
  self.postMessage(message, { transfer });
}
