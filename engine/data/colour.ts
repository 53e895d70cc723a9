/**
 * Distortions of colour on planar float RGB in 0..1, as torchvision computes them on tensors
 * (torchvision.transforms.functional: adjust_brightness, _contrast, _saturation, _hue,
 * rgb_to_grayscale, solarize). All change their argument.
 */
import type { Jitter } from "./crop-plan.ts";

/** torchvision's weights of grey, which sum to 0.9999. */
const [redPart, greenPart, bluePart] = [0.2989, 0.587, 0.114];

/** Of 255, where solarisation begins. */
const solariseThreshold = 128 / 255;

/**
 * @param rgb [3, n]
 * @param mean grey level that contrast is about; absent: the mean of what is there at that point
 * @returns the level that contrast was about
 */
export function applyJitter(rgb: Float32Array, jitter: Jitter, mean?: number): number {
  let used = mean ?? 0;
  for (const kind of jitter.order) {
    const factor = jitter[kind];
    if (kind === "brightness") blendWith(rgb, factor, 0);
    else if (kind === "saturation") blendWithGrey(rgb, factor);
    else if (kind === "hue") turnHue(rgb, factor);
    else {
      used = mean ?? meanGrey(rgb);
      blendWith(rgb, factor, used);
    }
  }
  return used;
}

/** @param rgb [3, n] */
export function makeGrey(rgb: Float32Array): void {
  const n = rgb.length / 3;
  for (let i = 0; i < n; i++) {
    rgb[i] = rgb[n + i] = rgb[2 * n + i] = greyAt(rgb, i, n);
  }
}

/** Inverts what is at or above the threshold. */
export function solarise(rgb: Float32Array): void {
  for (let i = 0; i < rgb.length; i++) {
    const value = rgb[i]!;
    // Rounding to float32 must not move a value of just 128 below the threshold.
    if (value >= solariseThreshold - 1e-6) rgb[i] = 1 - value;
  }
}

function greyAt(rgb: Float32Array, i: number, n: number): number {
  return redPart * rgb[i]! + greenPart * rgb[n + i]! + bluePart * rgb[2 * n + i]!;
}

function meanGrey(rgb: Float32Array): number {
  const n = rgb.length / 3;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += greyAt(rgb, i, n);
  return sum / n;
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** Between one level of grey (factor 0) and the image (factor 1), and beyond. */
function blendWith(rgb: Float32Array, factor: number, level: number): void {
  const offset = (1 - factor) * level;
  for (let i = 0; i < rgb.length; i++) rgb[i] = clamp(factor * rgb[i]! + offset);
}

function blendWithGrey(rgb: Float32Array, factor: number): void {
  const n = rgb.length / 3;
  for (let i = 0; i < n; i++) {
    const offset = (1 - factor) * greyAt(rgb, i, n);
    rgb[i] = clamp(factor * rgb[i]! + offset);
    rgb[n + i] = clamp(factor * rgb[n + i]! + offset);
    rgb[2 * n + i] = clamp(factor * rgb[2 * n + i]! + offset);
  }
}

/** Through HSV and back: value and saturation stay. */
function turnHue(rgb: Float32Array, turns: number): void {
  const n = rgb.length / 3;
  for (let i = 0; i < n; i++) {
    const [r, g, b] = [rgb[i]!, rgb[n + i]!, rgb[2 * n + i]!];
    const high = Math.max(r, g, b);
    const range = high - Math.min(r, g, b);
    if (range === 0) continue; // Grey has no hue.
    // In sixths of a turn; red is 0, green 2, blue 4.
    const hue =
      high === r ? (g - b) / range : high === g ? 2 + (b - r) / range : 4 + (r - g) / range;
    const turned = hue / 6 + 1 + turns;
    const sixths = (turned - Math.floor(turned)) * 6;
    rgb[i] = channelAt(high, range, sixths + 5);
    rgb[n + i] = channelAt(high, range, sixths + 3);
    rgb[2 * n + i] = channelAt(high, range, sixths + 1);
  }
}

/** A channel of HSV, where `position` is the hue in sixths, shifted by 5, 3 and 1 for R, G and B. */
function channelAt(high: number, range: number, position: number): number {
  const k = position >= 6 ? position - 6 : position;
  const ramp = Math.min(k, 4 - k);
  return high - range * clamp(ramp);
}
