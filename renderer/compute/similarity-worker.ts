/** Holds unit features off the page's thread and answers with the cosine map of a query. */
import { cosineMap, decodeFloat16, meanOfRows, normaliseRows } from "./similarity.ts";

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
  version: number;
  rows: Float32Array;
  tokens: Float32Array;
  d: number;
}

const held: Partial<Record<Slot, Held>> = {};

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "load": {
      const { slot, version, bits, d } = data;
      const rows = normaliseRows(decodeFloat16(bits), d);
      held[slot] = { version, rows, tokens: normaliseRows(data.tokens, d), d };
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
  const query = main && queryOf(main, question);
  const map = (over: Held | undefined) =>
    over && query?.length === over.d
      ? {
          version: over.version,
          values: cosineMap(query, over.rows),
          tokens: cosineMap(query, over.tokens),
        }
      : undefined;
  answer({ type: "map", main: map(main), second: withSecond ? map(second) : undefined });
}

/** @returns [d], length 1 */
function queryOf({ rows, tokens, d }: Held, question: Question): Float32Array {
  if ("token" in question) return tokens.subarray(question.token * d, (question.token + 1) * d);
  const [first = 0, ...others] = question.patches;
  return others.length === 0
    ? rows.subarray(first * d, (first + 1) * d)
    : meanOfRows(rows, d, question.patches);
}

function answer(message: FromWorker): void {
  const transfer =
    message.type === "map"
      ? [message.main, message.second].flatMap((map) => (map ? [map.values.buffer] : []))
      : [];
  self.postMessage(message, { transfer });
}
