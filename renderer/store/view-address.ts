/** The written form of a view, in the page's address. */
import { colormapNames } from "../../engine/protocol/colormap.ts";
import { componentOrders } from "../../engine/protocol/pca-variant.ts";
import { pcaPresets, probeNames } from "../../engine/protocol/probes.ts";
import { formatInputSize, parseInputSize } from "../../engine/protocol/view.ts";
import { formatPatches, parsePatches } from "./patch-set.ts";
import { spaceColours, spaceModes } from "./space-modes.ts";
import {
  defaultView,
  type Basis,
  type ColourRange,
  type TokenName,
  type View,
} from "./view-state.ts";

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

const token: Field<TokenName> = {
  expected: "cls, patch or register0",
  parse: (text) =>
    text === "cls" || text === "patch" || /^register\d{1,2}$/.test(text)
      ? (text as TokenName)
      : undefined,
  format: (value) => value,
};

const range: Field<ColourRange> = {
  expected: "fit, full or two numbers such as 0.2..0.9",
  parse: (text) => {
    if (text === "fit" || text === "full") return text;
    const ends = text.split("..");
    const [low = NaN, high = NaN] = ends.map((end) =>
      /^-?\d+(\.\d+)?(e-?\d{1,2})?$/.test(end) ? Number(end) : NaN,
    );
    return ends.length === 2 && low < high && Number.isFinite(high) ? [low, high] : undefined;
  },
  format: (value) =>
    typeof value === "string"
      ? value
      : value.map((end) => String(Number(end.toPrecision(4)))).join(".."),
};

/** A photograph of the user's has no name that another page would know. */
const basis: Field<Basis> = {
  expected: "own, joint, run or of:NAME",
  parse: (text) => {
    if (text === "own" || text === "joint" || text === "run") return text;
    return text.startsWith("of:") && text.length > 3 ? `of ${text.slice(3)}` : undefined;
  },
  format: (value) => {
    if (!value.startsWith("of ")) return value;
    const key = value.slice(3);
    return key.startsWith("file ") ? "own" : `of:${key}`;
  },
};

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
    expected: "row,col, a box such as 3-9,4-8, or several of them joined by ;",
    parse: parsePatches,
    format: formatPatches,
  },
  asks: token,
  matches: whole(0, 20),
  exclude: whole(0, 64),
  colormap: choice(colormapNames),
  opacity: {
    expected: "0 to 100",
    parse: (text) => {
      const percent = whole(0, 100).parse(text);
      return percent === undefined ? undefined : percent / 100;
    },
    format: (value) => String(Math.round(value * 100)),
  },
  range,
  preset: choice(pcaPresets),
  basis,
  signs: whole(0, 7),
  order: whole(0, componentOrders.length - 1),
  attends: token,
  head: numberOr("mean", whole(0, 1023), 0),
  k: whole(2, 64),
  seed: whole(0, 999_999_999),
  gramOrder: choice(["raster", "cluster"]),
  space: choice(spaceModes),
  spaceColour: choice(spaceColours),
};

const names = Object.keys(fields) as (keyof View)[];

/**
 * @param search the page's query; names that are not ours are left alone
 * @returns the view, and a sentence for each value that could not be read
 */
export function readView(search: string): { view: View; ignored: string[] } {
  const { view, ignored } = readFields(new URLSearchParams(search));
  return { view: { ...defaultView, ...view }, ignored };
}

/** The fields that are there, and a sentence for each that could not be read. */
export function readFields(given: URLSearchParams): { view: Partial<View>; ignored: string[] } {
  const view: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const name of names) {
    const text = given.get(name);
    if (text === null) continue;
    const value = fields[name].parse(text);
    if (value === undefined) ignored.push(complaint(name, fields[name].expected, text));
    else view[name] = value;
  }
  return { view, ignored };
}

export const complaint = (name: string, expected: string, text: string): string =>
  `${name}: expected ${expected}, received "${text.slice(0, 40)}"`;

/** The query with this view written into it; defaults are left out, other names stay as they are. */
export function writeView(search: string, view: View): string {
  const query = new URLSearchParams(search);
  for (const name of names) {
    const text = formatField(name, view);
    if (text === formatField(name, defaultView)) query.delete(name);
    else query.set(name, text);
  }
  return readable(query);
}

/** Every field that is there, defaults as well. */
export function writeFields(query: URLSearchParams, view: Partial<View>): void {
  for (const name of names) {
    if (view[name] !== undefined) query.set(name, formatField(name, view));
  }
}

/** Commas and the like are allowed in a query, and people read these. */
export function readable(query: URLSearchParams): string {
  return query
    .toString()
    .replaceAll("%2C", ",")
    .replaceAll("%3B", ";")
    .replaceAll("%3A", ":")
    .replaceAll("%2F", "/");
}

function formatField(name: keyof View, view: Partial<View>): string {
  // Field and value share their name, which TypeScript cannot follow through an index.
  return (fields[name] as Field<unknown>).format(view[name]);
}
