/**
 * The colours of a scene: hues that go together, and for most things the hue that their kind usually
 * has. Any kind may have any colour, so that colour alone does not give a class away.
 */
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

/** Of all things so many have a hue that is not the usual one of their kind. */
const unusual = 0.3;

export class Palette {
  private constructor(
    private readonly draws: Draws,
    private readonly hues: readonly number[],
    /** How often a colour has nothing to do with the hues. */
    private readonly strangeness: number,
  ) {}

  static of(draws: Draws): Palette {
    const first = draws.uniform();
    const harmony = harmonies[draws.below(harmonies.length)]!;
    const hues = harmony.map((offset) => first + offset);
    return new Palette(draws, hues, 0.35);
  }

  /**
   * The colours of one thing.
   * @param usual hue of its kind as a part of a turn; undefined where it has none
   */
  leaning(usual: number | undefined): Palette {
    const { draws, hues } = this;
    if (usual === undefined || draws.chance(unusual)) return this;
    const own = usual + 0.02 * draws.normal();
    return new Palette(draws, [own, own + 0.04, own - 0.03, own, hues[0]!], 0.1);
  }

  /** @returns linear RGB, 0 to 1 */
  next(
    lightness: readonly [number, number] = [0.3, 0.88],
    chroma: readonly [number, number] = [0.02, 0.17],
  ): Vector {
    const { draws, hues, strangeness } = this;
    const strange = draws.chance(strangeness);
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
