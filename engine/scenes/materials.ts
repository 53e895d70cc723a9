/** What surfaces look like: a pattern over object coordinates, in three colours. */
import type { Draws } from "../random/draws.ts";
import type { Palette } from "./palette.ts";
import { unit, type Vector } from "./vectors.ts";

/** "leaves" and what follows belong to a structure: a crown, a roof, a trunk. */
export type Pattern =
  | "plain"
  | "rings"
  | "stripes"
  | "spots"
  | "marble"
  | "patches"
  | "checks"
  | "speckle"
  | "leaves"
  | "panels"
  | "scales"
  | "wool"
  | "ribs"
  | "bricks"
  | "grass"
  | "tiles"
  | "sand";

export interface Material {
  readonly pattern: Pattern;
  /** Linear RGB. */
  readonly colours: readonly [Vector, Vector, Vector];
  /** Features in a unit of the object (of the ground: in a metre). */
  readonly frequency: number;
  /** Shifts the noise, so that no two instances repeat. */
  readonly phase: Vector;
  /** Direction of stripes; a unit vector. */
  readonly axis: Vector;
  /** 0 dull to 1 glazed. */
  readonly gloss: number;
}

export function drawMaterial(
  draws: Draws,
  palette: Palette,
  pattern: Pattern,
  given: Partial<Material> = {},
): Material {
  const axis: Vector = [draws.normal(), draws.normal(), draws.normal() + 1e-3];
  return {
    pattern,
    colours: palette.trio(),
    frequency: draws.logBetween(4, 9),
    phase: [32 * draws.uniform(), 32 * draws.uniform(), 32 * draws.uniform()],
    axis: unit(axis),
    gloss: draws.chance(0.5) ? draws.between(0.2, 0.9) : draws.between(0, 0.15),
    ...given,
  };
}
