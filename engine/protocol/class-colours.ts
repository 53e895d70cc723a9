/**
 * Colours for any number of classes, each as unlike the ones before it as can be, also for eyes that
 * lack one kind of cone; the same on screen and on file.
 */

export type Colour = readonly [red: number, green: number, blue: number];

/** Classes of a mask have at most so many values. */
const most = 256;

/** Steps of each channel among which colours are chosen. */
const steps = 20;

/** Lightness and chroma of OKLab that read on white and over a photograph, and do not shout. */
const lightnessRange = [0.45, 0.88] as const;
const chromaRange = [0.06, 0.17] as const;

type Matrix = readonly [Colour, Colour, Colour];

/**
 * What eyes without long, middle or short cones see, of linear sRGB: Machado, Oliveira and Fernandes
 * 2009, severity 1. The first is all cones.
 */
const sights: readonly Matrix[] = [
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
];

/** A colour in OKLab, as each of the sights has it. */
type Seen = readonly Colour[];

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
 * farthest, by distance in OKLab, to the eyes that tell them apart the least.
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
    const own = seen(colour);
    this.chosen.push(colour);
    this.candidates.forEach((candidate, i) => {
      this.nearest[i] = Math.min(this.nearest[i]!, leastApart(candidate.seen, own));
    });
  }
}

function candidates(): { readonly colour: Colour; readonly seen: Seen }[] {
  const levels = Array.from({ length: steps }, (_, i) => Math.round((255 * i) / (steps - 1)));
  return levels
    .flatMap((red) => levels.flatMap((green) => levels.map((blue): Colour => [red, green, blue])))
    .filter((colour) => {
      const [lightness, a, b] = toOklab(toLinear(colour));
      return isWithin(lightness, lightnessRange) && isWithin(Math.hypot(a, b), chromaRange);
    })
    .map((colour) => ({ colour, seen: seen(colour) }));
}

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

/** All cones tell more colours apart than two kinds of them: what is plenty for them may be less. */
const shareOfAllCones = 0.75;

function leastApart(a: Seen, b: Seen): number {
  const apart = sights.map((_, i) => distance(a[i]!, b[i]!));
  return Math.min(shareOfAllCones * apart[0]!, ...apart.slice(1));
}

function seen(colour: Colour): Seen {
  const [r, g, b] = toLinear(colour);
  // What lies outside of sRGB is shown at its edge.
  const row = (one: Colour) => Math.min(1, Math.max(0, one[0] * r + one[1] * g + one[2] * b));
  return sights.map(([long, middle, short]) => toOklab([row(long), row(middle), row(short)]));
}

/** Of sRGB, 0..255, the linear parts, 0..1. */
function toLinear([red, green, blue]: Colour): Colour {
  const linear = (value: number) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return [linear(red), linear(green), linear(blue)];
}

function distance(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Ottosson 2020, "A perceptual color space for image processing". @param rgb linear, 0..1 */
function toOklab([r, g, b]: Colour): Colour {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
