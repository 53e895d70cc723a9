/**
 * The axial rotary tables of DINOv3: cosines and sines for every token of a grid
 * (reference dinov3.md A.3; facebookresearch/dinov3 rope_position_encoding), and those of families that
 * count patches instead.
 */
import { prefixTokens, traitsOf, type VitConfig } from "./config.ts";

/**
 * "fp32" computes the periods as Hugging Face and timm do. "bf16" rounds them to bfloat16 as the
 * official .pth files store them; they differ by up to 0.4 %, and so do the features.
 */
export type RopePrecision = "fp32" | "bf16";

export interface RopeTables {
  /** [tokens, d / heads / 2]; CLS and registers are not rotated, so their rows are 1. */
  readonly cos: Float32Array;
  /** [tokens, d / heads / 2]; 0 for CLS and registers. */
  readonly sin: Float32Array;
}

/** How the student's coordinates are moved in a training step: shifted, then scaled. */
export interface RopeBox {
  /** In half sides. */
  readonly shift: { readonly y: number; readonly x: number };
  readonly scale: { readonly y: number; readonly x: number };
}

export const unmovedBox: RopeBox = { shift: { y: 0, x: 0 }, scale: { y: 1, x: 1 } };

/**
 * period_i = theta^(4 i / dHead), i = 0 .. dHead/4 - 1
 * angle(token) = 2 pi [y / period_0 .., x / period_0 ..], y and x the patch centre in (-1, 1)
 *
 * Each axis spans (-1, 1) by itself, so the aspect ratio is not encoded and any grid works.
 */
export function ropeTables(
  config: VitConfig,
  grid: { readonly rows: number; readonly cols: number },
  precision: RopePrecision,
  box: RopeBox = unmovedBox,
): RopeTables {
  const half = config.width / config.heads / 2;
  const { rotation } = traitsOf(config);
  const prefix = prefixTokens(config);
  const tokens = prefix + grid.rows * grid.cols;
  const cos = new Float32Array(tokens * half).fill(1);
  const sin = new Float32Array(tokens * half);
  if (rotation === "none") return { cos, sin };
  if (rotation !== "dinov3") return countedTables(config, grid, { cos, sin });
  const periods = ropePeriods(config, precision);
  for (let row = 0; row < grid.rows; row++) {
    for (let col = 0; col < grid.cols; col++) {
      const token = prefix + row * grid.cols + col;
      const y = ((2 * (row + 0.5)) / grid.rows - 1 + box.shift.y) * box.scale.y;
      const x = ((2 * (col + 0.5)) / grid.cols - 1 + box.shift.x) * box.scale.x;
      periods.forEach((period, i) => {
        for (const [offset, position] of [
          [i, y],
          [periods.length + i, x],
        ] as const) {
          const angle = (2 * Math.PI * position) / period;
          cos[token * half + offset] = Math.cos(angle);
          sin[token * half + offset] = Math.sin(angle);
        }
      });
    }
  }
  return { cos, sin };
}

/** Of Perception Encoder and V-JEPA 2. */
export const countedTheta = 10_000;

/**
 * Angles of patches that are counted: place / theta^(i / m) for the m frequencies of an axis.
 *   pe      columns before rows, a half of a head's pairs each; counted from 1 beside a class token
 *   v-jepa  frame, row and column, a third each in whole pairs; the first frame is 0
 */
function countedTables(
  config: VitConfig,
  { rows, cols }: { readonly rows: number; readonly cols: number },
  { cos, sin }: RopeTables,
): RopeTables {
  const half = config.width / config.heads / 2;
  const isPe = traitsOf(config).rotation === "pe";
  const own = isPe ? half / 2 : axisChannels(config) / 2;
  const prefix = prefixTokens(config);
  const first = isPe && prefix > 0 ? 1 : 0;
  for (let token = 0; token < rows * cols; token++) {
    const row = first + Math.floor(token / cols);
    const col = first + (token % cols);
    for (const [axis, place] of (isPe ? [col, row] : [0, row, col]).entries()) {
      for (let i = 0; i < own; i++) {
        const angle = place / countedTheta ** (i / own);
        const at = (prefix + token) * half + axis * own + i;
        cos[at] = Math.cos(angle);
        sin[at] = Math.sin(angle);
      }
    }
  }
  return { cos, sin };
}

/** Channels of a head that turn by one of V-JEPA 2's three axes. */
export function axisChannels(config: VitConfig): number {
  return 2 * Math.floor(Math.floor(config.width / config.heads / 3) / 2);
}

/** The dHead / 4 periods, longest last. For theta 100 and dHead 64: 1, 1.334, .. 74.99. */
export function ropePeriods(config: VitConfig, precision: RopePrecision): number[] {
  const dHead = config.width / config.heads;
  return Array.from({ length: dHead / 4 }, (_, i) => {
    const period = Math.fround(config.ropeTheta ** ((4 * i) / dHead));
    return precision === "fp32" ? period : roundToBfloat16(period);
  });
}

/** Nearest bfloat16, ties to even. */
export function roundToBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  const lower = bits[0]! & 0xffff;
  const isOdd = (bits[0]! >> 16) & 1;
  const roundUp = lower > 0x8000 || (lower === 0x8000 && isOdd === 1);
  bits[0] = ((bits[0]! >>> 16) + (roundUp ? 1 : 0)) << 16;
  return new Float32Array(bits.buffer)[0]!;
}
