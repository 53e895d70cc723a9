/** Unit features by slot, and the cosine maps of a query over them; asked and answered in messages. */
import { UnitRows } from "./unit-rows.ts";

/** What a map is of: patches (their mean) by index, or one token that is no patch. */
export type Asked =
  | { readonly patches: readonly number[] }
  /** 0 is CLS, 1 the first register. */
  | { readonly token: number };

/** One map: the query is taken from the features in one slot, and compared with those in another. */
export interface Question {
  readonly asked: Asked;
  readonly from: string;
  readonly over: string;
}

/** Cosines with every patch [p], and with CLS and the registers [1 + r]. */
export interface Cosines {
  /** Of the features that were compared. */
  readonly version: number;
  /** Of the features that the query was taken from. */
  readonly fromVersion: number;
  readonly values: Float32Array;
  readonly tokens: Float32Array;
}

export type ToWorker =
  | {
      type: "load";
      slot: string;
      version: number;
      /** float16 [p, d] */
      bits: Uint16Array;
      /** CLS and registers, float32 [1 + r, d] */
      tokens: Float32Array;
      d: number;
    }
  | { type: "clear"; slot: string }
  | { type: "query"; questions: readonly Question[] };

export type FromWorker =
  | { type: "loaded"; slot: string; version: number }
  /** In the order of the questions; undefined where features are missing or of another width. */
  | { type: "maps"; maps: readonly (Cosines | undefined)[] };

interface Held {
  readonly version: number;
  readonly rows: UnitRows;
}

export class SimilarityAnswers {
  private readonly held = new Map<string, Held>();

  /** @returns undefined where nothing is answered */
  receive(message: ToWorker): FromWorker | undefined {
    switch (message.type) {
      case "load": {
        const { slot, version, bits, tokens, d } = message;
        this.held.set(slot, { version, rows: new UnitRows(bits, tokens, d) });
        return { type: "loaded", slot, version };
      }
      case "clear":
        this.held.delete(message.slot);
        return undefined;
      case "query":
        return { type: "maps", maps: message.questions.map((one) => this.mapOf(one)) };
    }
  }

  private mapOf({ asked, from, over }: Question): Cosines | undefined {
    const source = this.held.get(from);
    const target = this.held.get(over);
    if (!source || source.rows.d !== target?.rows.d) return undefined;
    const { rows, version: fromVersion } = source;
    const query = "token" in asked ? rows.token(asked.token) : rows.meanOf(asked.patches);
    return { version: target.version, fromVersion, ...target.rows.cosines(query) };
  }
}
