/** Values of command-line options: text in, typed values out, one clear message otherwise. */
import { executorNames } from "../protocol/messages.ts";
import { EngineError } from "../protocol/errors.ts";
import type { PatchPosition } from "../protocol/geometry.ts";
import type { DeviceChoice } from "../executors/choose.ts";
import type { RopePrecision } from "../model/rope.ts";

/** The options that every verb with a model takes. */
export interface LookOptions {
  readonly model: string;
  readonly image: string;
  readonly size: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly json?: true;
}

export function parseDevice(text: string): DeviceChoice {
  return oneOf("--device", text, ["auto", ...executorNames] as const);
}

export function parseRope(text: string): RopePrecision {
  return oneOf("--rope", text, ["fp32", "bf16"] as const);
}

export function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  throw invalid(option, `one of ${known.join(", ")}`, text);
}

/** Both ends of the range are allowed. */
export function parseWhole(
  option: string,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    throw invalid(option, `a whole number, ${range}`, text);
  };
}

export function parseFraction(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= 0 && value <= 1) return value;
    throw invalid(option, "a number from 0 to 1", text);
  };
}

/** `last`, or a block counted from 0. */
export function parseLayer(text: string): number | "last" {
  if (text === "last") return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid("--layer", "last, or a block counted from 0", text);
}

/** `ROW,COL`, both from 0. */
export function parsePatch(text: string): PatchPosition {
  const match = /^(\d{1,9}),(\d{1,9})$/.exec(text);
  if (!match) throw invalid("--patch", "ROW,COL such as 12,20", text);
  return { row: Number(match[1]), col: Number(match[2]) };
}

/** `ROW,COL,ROW,COL`, two corners, both inside: every patch of the box. */
export function parseBox(text: string): PatchPosition[] {
  const match = /^(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})$/.exec(text);
  if (!match) throw invalid("--box", "ROW,COL,ROW,COL such as 4,4,9,12", text);
  const [r0, c0, r1, c1] = match.slice(1).map(Number) as [number, number, number, number];
  const [rows, cols] = [Math.abs(r1 - r0) + 1, Math.abs(c1 - c0) + 1];
  if (rows * cols > 65_536) throw invalid("--box", "at most 65,536 patches", text);
  return Array.from({ length: rows * cols }, (_, i) => ({
    row: Math.min(r0, r1) + Math.floor(i / cols),
    col: Math.min(c0, c1) + (i % cols),
  }));
}

/** The token guards the engine, so it may not be missing. */
export function parseToken(text: string): string {
  if (text.trim() !== "") return text;
  throw invalid("--token", "some text that is hard to guess", text);
}

export function invalid(option: string, expected: string, received: string): EngineError {
  return new EngineError(
    "option.invalid",
    `${option}: expected ${expected}; received "${received}"`,
  );
}
