/** From light to the file's bytes: focus, vignette, exposure, tone and the noise of a sensor. */
import { uniformAt } from "../random/counter.ts";
import type { Lens } from "./scene.ts";

/** Linear light, [side, side, 3] interleaved, 1 for white at an exposure of 1. */
export type Radiance = Float32Array;

/** The curve is steep in the dark, so the table has its entries by square root. */
const steps = 4096;

/** Film-like: soft shoulder, slight toe (Narkowicz's fit of the ACES curve, 2015), then sRGB. */
const toneTable = Float32Array.from({ length: steps + 1 }, (_, i) => {
  const light = 4 * (i / steps) ** 2;
  const x = 0.62 * light;
  const film = Math.min(1, (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
  return 255 * (film <= 0.0031308 ? 12.92 * film : 1.055 * film ** (1 / 2.4) - 0.055);
});

const whitest = toneTable[steps]!;

/**
 * @param radiance [side, side, 3]; overwritten
 * @param depth [side, side] in metres, Infinity for sky
 * @param seed of the sensor's noise
 * @returns sRGB bytes [side, side, 3]
 */
export function expose(
  radiance: Radiance,
  depth: Float64Array,
  side: number,
  lens: Lens,
  seed: number,
): Uint8Array {
  if (lens.aperture > 0) defocus(radiance, depth, side, lens);
  const bytes = new Uint8Array(radiance.length);
  const start = Math.floor(uniformAt(seed, 0) * grainMask);
  const strength = lens.noise * 255;
  const dark = lens.vignette * 2;
  const exposure = 0.25 * lens.exposure;
  for (let y = 0, i = 0; y < side; y++) {
    const dy = (y + 0.5) / side - 0.5;
    for (let x = 0; x < side; x++) {
      const dx = (x + 0.5) / side - 0.5;
      const gain = exposure * (1 - dark * (dx * dx + dy * dy));
      for (let c = 0; c < 3; c++, i++) {
        const light = radiance[i]! * gain;
        const tone = light < 1 ? toneTable[(Math.sqrt(light) * steps) | 0]! : whitest;
        // Brighter pixels are noisier, but less than in proportion, as behind a tone curve.
        const noise = strength * (0.5 + tone / 340) * grain[(i * 7 + y * 131 + start) & grainMask]!;
        const value = tone + noise + 0.5;
        bytes[i] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
  }
  return bytes;
}

const grainMask = (1 << 16) - 1;

/** Normal numbers, each by the sum of four uniform ones. Pictures start at different places. */
const grain = Float32Array.from({ length: grainMask + 1 }, (_, i) => {
  let sum = -2;
  for (let k = 0; k < 4; k++) sum += uniformAt(0x6e01, 4 * i + k);
  // Four uniform numbers of variance 1 / 12 each.
  return sum * Math.sqrt(3);
});

/** Mixes the sharp picture with two blurred ones, by each pixel's circle of confusion. */
function defocus(radiance: Radiance, depth: Float64Array, side: number, lens: Lens): void {
  const step = side / 224;
  const strongest = 4;
  const radii = scratch(3, depth.length);
  const scale = (lens.aperture * side) / step;
  let widest = 0;
  for (let i = 0; i < radii.length; i++) {
    const radius = scale * Math.abs(1 / lens.focus - 1 / Math.max(depth[i]!, 0.3));
    radii[i] = Math.min(strongest, radius);
    if (radius > widest) widest = radius;
  }
  const small = blurred(radiance, side, step, 1);
  const large = widest > smallRadius ? blurred(small, side, 2 * step, 2) : small;
  for (let i = 0; i < radii.length; i++) {
    const toSmall = Math.min(1, radii[i]! / smallRadius);
    const toLarge = Math.min(1, Math.max(0, (radii[i]! - smallRadius) / 1.7));
    for (let c = 3 * i; c < 3 * i + 3; c++) {
      const near = radiance[c]! * (1 - toSmall) + small[c]! * toSmall;
      radiance[c] = near * (1 - toLarge) + large[c]! * toLarge;
    }
  }
}

/** The circle of confusion that the lesser blur stands for, in pixels of a picture of 224. */
const smallRadius = 1.2;

/** Working memory, kept from picture to picture: megabytes for each would keep the collector busy. */
const kept: Float32Array[] = [];

function scratch(which: number, length: number): Float32Array {
  const found = kept[which];
  return found?.length === length ? found : (kept[which] = new Float32Array(length));
}

/**
 * @param into number of the scratch array that is given back
 * @returns convolved with a triangle of half this width along each axis; edges repeat
 */
function blurred(picture: Radiance, side: number, width: number, into: number): Radiance {
  const reach = Math.max(1, Math.round(width));
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.max(0, 1 - Math.abs(i - reach) / (width + 0.6)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const kernel = weights.map((weight) => weight / sum);
  const across = scratch(0, picture.length);
  blurAcross(picture, side, kernel, across);
  const both = scratch(into, picture.length);
  blurDown(across, side, kernel, both);
  return both;
}

function blurAcross(picture: Radiance, side: number, kernel: Float64Array, result: Radiance): void {
  const row = 3 * side;
  const margin = (3 * (kernel.length - 1)) / 2;
  const padded = new Float32Array(row + 2 * margin);
  const taps = Int32Array.from(kernel, (_, k) => 3 * k);
  for (let start = 0; start < picture.length; start += row) {
    padded.set(picture.subarray(start, start + row), margin);
    for (let c = 0; c < margin; c++) {
      padded[c] = picture[start + (c % 3)]!;
      padded[row + margin + c] = picture[start + row - 3 + (c % 3)]!;
    }
    weigh(padded, taps, kernel, result, start, row);
  }
}

function blurDown(picture: Radiance, side: number, kernel: Float64Array, result: Radiance): void {
  const row = 3 * side;
  const reach = (kernel.length - 1) / 2;
  const rows = new Int32Array(kernel.length);
  for (let y = 0; y < side; y++) {
    for (let k = 0; k < rows.length; k++) {
      rows[k] = row * Math.min(side - 1, Math.max(0, y + k - reach));
    }
    weigh(picture, rows, kernel, result, y * row, row);
  }
}

/**
 * A row of weighted sums. The kernels of a picture of 224 px are written out, in the order of the
 * loop below: three times its speed, and the same bits.
 * @param taps where the row begins in the source, for each weight
 */
function weigh(
  source: Float32Array,
  taps: Int32Array,
  kernel: Float64Array,
  result: Float32Array,
  start: number,
  count: number,
): void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = taps;
  const [p = 0, q = 0, r = 0, s = 0, t = 0] = kernel;
  if (kernel.length === 3) {
    for (let j = 0; j < count; j++) {
      result[start + j] = p * source[a + j]! + q * source[b + j]! + r * source[c + j]!;
    }
    return;
  }
  if (kernel.length === 5) {
    for (let j = 0; j < count; j++) {
      result[start + j] =
        p * source[a + j]! +
        q * source[b + j]! +
        r * source[c + j]! +
        s * source[d + j]! +
        t * source[e + j]!;
    }
    return;
  }
  for (let j = 0; j < count; j++) {
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * source[taps[k]! + j]!;
    result[start + j] = sum;
  }
}
