/** The colours of a scene: drawn without a look at what they colour. */
import type { Draws } from "../random/draws.ts";
import type { Vector } from "./vectors.ts";

const turn = 2 * Math.PI;

/** Hues that go together, as parts of a turn from the first. */
const harmonies = [
  [0, 0.08, 0.5],
  [0, 0.33, 0.67],
  [0, 0.42, 0.58],
  [0, 0.07, 0.14],
  [0, 0.25, 0.5, 0.75],
] as const;

export class Palette {
  private readonly hues: readonly number[];

  constructor(private readonly draws: Draws) {
    const first = draws.uniform();
    const harmony = harmonies[draws.below(harmonies.length)]!;
    this.hues = harmony.map((offset) => first + offset);
  }

  /** @returns linear RGB, 0 to 1 */
  next(
    lightness: readonly [number, number] = [0.3, 0.88],
    chroma: readonly [number, number] = [0.02, 0.17],
  ): Vector {
    const { draws, hues } = this;
    const strange = draws.chance(0.35);
    const hue = strange ? draws.uniform() : hues[draws.below(hues.length)]! + 0.03 * draws.normal();
    return fromOklch(draws.between(...lightness), draws.between(...chroma), hue * turn);
  }

  /** Three colours for one material; their lightness differs enough to be seen as a pattern. */
  trio(): readonly [Vector, Vector, Vector] {
    const { draws } = this;
    const dark = draws.between(0.28, 0.62);
    const light = dark + draws.between(0.16, 0.3);
    const low = this.next([dark, dark + 0.04]);
    const high = this.next([light, light + 0.06]);
    const third = this.next();
    return draws.chance(0.5) ? [low, high, third] : [high, low, third];
  }
}

/** Perceptual lightness, chroma and hue to linear sRGB, clipped (Ottosson, "Oklab", 2020). */
export function fromOklch(lightness: number, chroma: number, hue: number): Vector {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function clip(value: number): number {
  return Math.min(1, Math.max(0.004, value));
}
