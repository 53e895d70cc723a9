/** Colours for any number of classes, each as unlike the ones before it as can be; the same on screen and on file. */

export type Colour = readonly [red: number, green: number, blue: number];

/** Classes of a mask have at most so many values. */
const most = 256;

/** Steps of each channel among which colours are chosen. */
const steps = 20;

/** Lightness and chroma of OKLab that read on white and over a photograph, and do not shout. */
const lightnessRange = [0.45, 0.88] as const;
const chromaRange = [0.06, 0.17] as const;

/**
 * The colour of a class; that of one class does not depend on how many others there are. Class 0,
 * often the background, is a quiet blue grey.
 * @returns sRGB 0..255
 */
export function classColour(index: number): Colour {
  palette ??= new Palette();
  return palette.at(index % most);
}

let palette: Palette | undefined;

/**
 * Gonzalez' farthest-point choice: each next colour is the candidate whose nearest chosen one is
 * farthest, by distance in OKLab.
 */
class Palette {
  private readonly chosen: Colour[] = [];
  private readonly candidates = candidates();
  /** Distance of each candidate from the nearest that is chosen. */
  private readonly nearest = this.candidates.map(() => Infinity);

  constructor() {
    this.choose([150, 170, 190]);
  }

  at(index: number): Colour {
    while (this.chosen.length <= index) {
      const { nearest } = this;
      const next = nearest.reduce((best, value, i) => (value > nearest[best]! ? i : best), 0);
      this.choose(this.candidates[next]!.colour);
    }
    return this.chosen[index]!;
  }

  private choose(colour: Colour): void {
    const own = toOklab(colour);
    this.chosen.push(colour);
    this.candidates.forEach(({ lab }, i) => {
      this.nearest[i] = Math.min(this.nearest[i]!, distance(lab, own));
    });
  }
}

function candidates(): { readonly colour: Colour; readonly lab: Colour }[] {
  const levels = Array.from({ length: steps }, (_, i) => Math.round((255 * i) / (steps - 1)));
  return levels
    .flatMap((red) => levels.flatMap((green) => levels.map((blue): Colour => [red, green, blue])))
    .map((colour) => ({ colour, lab: toOklab(colour) }))
    .filter(
      ({ lab: [lightness, a, b] }) =>
        isWithin(lightness, lightnessRange) && isWithin(Math.hypot(a, b), chromaRange),
    );
}

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

function distance(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Ottosson 2020, "A perceptual color space for image processing". */
function toOklab(colour: Colour): Colour {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
