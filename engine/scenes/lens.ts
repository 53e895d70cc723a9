/** From light to the file's bytes: focus, vignette, exposure, tone and the noise of a sensor. */
import { uniformAt } from "../random/counter.ts";
import type { Lens } from "./scene.ts";
import type { Radiance } from "./shading.ts";

/** The curve is steep in the dark, so the table has its entries by square root. */
const steps = 4096;

/** Film-like: soft shoulder, slight toe (Narkowicz's fit of the ACES curve, 2015), then sRGB. */
const toneTable = Float32Array.from({ length: steps + 1 }, (_, i) => {
  const light = 4 * (i / steps) ** 2;
  const x = 0.62 * light;
  const film = Math.min(1, (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
  return 255 * (film <= 0.0031308 ? 12.92 * film : 1.055 * film ** (1 / 2.4) - 0.055);
});

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
  const grain = grainOf(seed);
  const strength = lens.noise * 255;
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const dx = (x + 0.5) / side - 0.5;
      const dy = (y + 0.5) / side - 0.5;
      const gain = 0.25 * lens.exposure * (1 - lens.vignette * 2 * (dx * dx + dy * dy));
      for (let c = 0; c < 3; c++, i++) {
        const light = Math.min(1, Math.max(0, radiance[i]! * gain));
        const tone = toneTable[(Math.sqrt(light) * steps) | 0]!;
        // Brighter pixels are noisier, but less than in proportion, as behind a tone curve.
        const noise = strength * (0.5 + tone / 340) * grain[(i * 7 + y * 131) & grainMask]!;
        bytes[i] = Math.min(255, Math.max(0, tone + noise + 0.5));
      }
    }
  }
  return bytes;
}

const grainMask = (1 << 16) - 1;

/** Normal numbers, by the sum of four uniform ones, shifted by the seed. */
function grainOf(seed: number): Float32Array {
  const start = Math.floor(uniformAt(seed, 0x6e0) * 2 ** 30);
  const grain = new Float32Array(grainMask + 1);
  for (let i = 0; i <= grainMask; i++) {
    let word = (i + start) | 0;
    let sum = 0;
    for (let k = 0; k < 2; k++) {
      word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
      word = Math.imul(word ^ (word >>> 12), 0x297a2d39);
      word ^= word >>> 15;
      sum += (word & 0xffff) + (word >>> 16);
    }
    // Four uniform numbers of variance 1 / 12 each.
    grain[i] = (sum / 65536 - 2) * Math.sqrt(3);
  }
  return grain;
}

/** Mixes the sharp picture with two blurred ones, by each pixel's circle of confusion. */
function defocus(radiance: Radiance, depth: Float64Array, side: number, lens: Lens): void {
  const radiusAt = (metres: number) =>
    Math.min(4, lens.aperture * side * Math.abs(1 / lens.focus - 1 / Math.max(metres, 0.3)));
  const step = side / 224;
  const small = blurred(radiance, side, step);
  const large = blurred(small, side, 2 * step);
  for (let i = 0; i < depth.length; i++) {
    const radius = radiusAt(depth[i]!) / step;
    const toSmall = Math.min(1, radius / 1.2);
    const toLarge = Math.min(1, Math.max(0, (radius - 1.2) / 1.7));
    for (let c = 3 * i; c < 3 * i + 3; c++) {
      const near = radiance[c]! * (1 - toSmall) + small[c]! * toSmall;
      radiance[c] = near * (1 - toLarge) + large[c]! * toLarge;
    }
  }
}

/** @returns convolved with a triangle of half this width along each axis; edges repeat */
function blurred(picture: Radiance, side: number, width: number): Radiance {
  const reach = Math.max(1, Math.round(width));
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.max(0, 1 - Math.abs(i - reach) / (width + 0.6)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const kernel = weights.map((weight) => weight / sum);
  const row = 3 * side;
  const across = new Float32Array(picture.length);
  const padded = new Float32Array(row + 6 * reach);
  for (let y = 0; y < side; y++) {
    padded.set(picture.subarray(y * row, (y + 1) * row), 3 * reach);
    for (let c = 0; c < 3 * reach; c++) {
      padded[c] = picture[y * row + (c % 3)]!;
      padded[row + 3 * reach + c] = picture[(y + 1) * row - 3 + (c % 3)]!;
    }
    kernel.forEach((weight, k) => addRow(across, y * row, padded, 3 * k, row, weight));
  }
  const both = new Float32Array(picture.length);
  for (let y = 0; y < side; y++) {
    kernel.forEach((weight, k) => {
      const from = Math.min(side - 1, Math.max(0, y + k - reach));
      addRow(both, y * row, across, from * row, row, weight);
    });
  }
  return both;
}

function addRow(
  into: Float32Array,
  at: number,
  source: Float32Array,
  from: number,
  length: number,
  weight: number,
): void {
  for (let j = 0; j < length; j++) into[at + j] = into[at + j]! + weight * source[from + j]!;
}
