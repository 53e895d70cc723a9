/** What is looked at and how, and its written form in the page's address. */
import { colormapNames, type ColormapName } from "../../engine/protocol/colormap.ts";
import type { PatchPosition } from "../../engine/protocol/geometry.ts";
import { componentOrders } from "../../engine/protocol/pca-variant.ts";
import {
  pcaPresets,
  probeNames,
  type PcaPreset,
  type ProbeName,
} from "../../engine/protocol/probes.ts";
import { formatInputSize, parseInputSize, type InputSize } from "../../engine/protocol/view.ts";

/** `register0` is the first register. */
export type AttentionToken = "cls" | "patch" | `register${number}`;

export interface View {
  readonly probe: ProbeName;
  /** Block counted from 0, or the last one. People read and write it from 1. */
  readonly layer: number | "last";
  /** After the model's final norm. */
  readonly norm: boolean;
  readonly size: InputSize;
  /** The pinned patch. */
  readonly patch: PatchPosition | undefined;
  readonly colormap: ColormapName;
  /** 0..1, of the map over the photograph. */
  readonly opacity: number;
  /** `fit`: from the lowest to the highest value shown. `full`: -1..1, for cosines only. */
  readonly range: "fit" | "full";
  readonly preset: PcaPreset;
  readonly signs: number;
  readonly order: number;
  /** Whose attention is shown. Not "token": that name in the address is the engine's. */
  readonly attends: AttentionToken;
  /** Heads, registers and clusters count from 0, in the recipes as well. */
  readonly head: number | "mean";
  readonly k: number;
  readonly seed: number;
  readonly gramOrder: "raster" | "cluster";
}

export const defaultView: View = {
  probe: "cosine",
  layer: "last",
  norm: true,
  size: { kind: "model" },
  patch: undefined,
  colormap: "viridis",
  opacity: 0.72,
  range: "fit",
  preset: "raw",
  signs: 0,
  order: 0,
  attends: "cls",
  head: "mean",
  k: 6,
  seed: 0,
  gramOrder: "cluster",
};

/** How one field is written. `parse` answers undefined to what it cannot read. */
interface Field<T> {
  readonly expected: string;
  parse(text: string): T | undefined;
  format(value: T): string;
}

const whole = (low: number, high: number, expected = `${low} to ${high}`): Field<number> => ({
  expected,
  parse: (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return value >= low && value <= high ? value : undefined;
  },
  format: String,
});

const choice = <T extends string>(options: readonly T[]): Field<T> => ({
  expected: options.join(", "),
  parse: (text) => options.find((option) => option === text),
  format: (value) => value,
});

const numberOr = <T extends string>(word: T, { parse, expected }: Field<number>, shift: number) =>
  ({
    expected: `${word} or ${expected}`,
    parse: (text) => {
      if (text === word) return word;
      const value = parse(text);
      return value === undefined ? undefined : value - shift;
    },
    format: (value) => (typeof value === "number" ? String(value + shift) : value),
  }) satisfies Field<number | T>;

const fields: { readonly [K in keyof View]-?: Field<View[K]> } = {
  probe: choice(probeNames),
  layer: numberOr("last", whole(1, 1024), 1),
  norm: {
    expected: "after or before",
    parse: (text) => (text === "after" ? true : text === "before" ? false : undefined),
    format: (value) => (value ? "after" : "before"),
  },
  size: {
    expected: "model, native, a short side such as 512, or 768x512",
    parse: (text) => {
      try {
        return parseInputSize(text);
      } catch {
        return undefined;
      }
    },
    format: formatInputSize,
  },
  patch: {
    expected: "row,col",
    parse: (text) => {
      const match = /^(\d{1,4}),(\d{1,4})$/.exec(text);
      return match ? { row: Number(match[1]), col: Number(match[2]) } : undefined;
    },
    format: (patch) => (patch ? `${patch.row},${patch.col}` : ""),
  },
  colormap: choice(colormapNames),
  opacity: {
    expected: "0 to 100",
    parse: (text) => {
      const percent = whole(0, 100).parse(text);
      return percent === undefined ? undefined : percent / 100;
    },
    format: (value) => String(Math.round(value * 100)),
  },
  range: choice(["fit", "full"]),
  preset: choice(pcaPresets),
  signs: whole(0, 7),
  order: whole(0, componentOrders.length - 1),
  attends: {
    expected: "cls, patch or register0",
    parse: (text) =>
      text === "cls" || text === "patch" || /^register\d{1,2}$/.test(text)
        ? (text as AttentionToken)
        : undefined,
    format: (value) => value,
  },
  head: numberOr("mean", whole(0, 1023), 0),
  k: whole(2, 64),
  seed: whole(0, 999_999_999),
  gramOrder: choice(["raster", "cluster"]),
};

const names = Object.keys(fields) as (keyof View)[];

/**
 * @param search the page's query; names that are not ours are left alone
 * @returns the view, and a sentence for each value that could not be read
 */
export function readView(search: string): { view: View; ignored: string[] } {
  const given = new URLSearchParams(search);
  const view: Record<string, unknown> = { ...defaultView };
  const ignored: string[] = [];
  for (const name of names) {
    const text = given.get(name);
    if (text === null) continue;
    const value = fields[name].parse(text);
    if (value === undefined) {
      ignored.push(`${name}: expected ${fields[name].expected}, received "${text.slice(0, 40)}"`);
    } else {
      view[name] = value;
    }
  }
  return { view: view as unknown as View, ignored };
}

/** The query with this view written into it; defaults are left out, other names stay as they are. */
export function writeView(search: string, view: View): string {
  const query = new URLSearchParams(search);
  for (const name of names) {
    const text = formatField(name, view);
    if (text === formatField(name, defaultView)) query.delete(name);
    else query.set(name, text);
  }
  // A comma is allowed in a query, and people read these.
  return query.toString().replaceAll("%2C", ",");
}

function formatField(name: keyof View, view: View): string {
  // Field and value share their name, which TypeScript cannot follow through an index.
  return (fields[name] as Field<unknown>).format(view[name]);
}
