/** Features as rows of length 1, held in WebAssembly memory, and their cosines with a query row. */
import { getFloat16 } from "@petamoriken/float16";
import { bytes } from "./cosine-kernel.wat";

/** Float32 values that the kernel takes at once; rows are padded to a multiple of it. */
const lanes = 16;
const pageBytes = 65_536;

export class UnitRows {
  private readonly stride: number;
  private readonly count: number;
  private readonly dotProducts: (...offsets: number[]) => void;
  /** query [stride], tokens [1 + r, stride], patches [p, stride], cosines [1 + r + p] */
  private readonly values: Float32Array;
  private readonly tokenCount: number;

  /**
   * @param bits   patches, float16 bit patterns [p, d]
   * @param tokens CLS and registers, float32 [1 + r, d]
   * @throws RangeError when the memory cannot be had; 4 GiB is the most
   */
  constructor(
    bits: Uint16Array,
    tokens: Float32Array,
    readonly d: number,
  ) {
    this.stride = Math.ceil(d / lanes) * lanes;
    this.tokenCount = tokens.length / d;
    this.count = this.tokenCount + bits.length / d;
    const memory = instance();
    const length = (1 + this.count) * this.stride + this.count;
    memory.buffer.grow(Math.ceil((length * 4) / pageBytes) - 1);
    this.dotProducts = memory.dotProducts;
    this.values = new Float32Array(memory.buffer.buffer, 0, length);
    for (let row = 0; row < this.tokenCount; row++) {
      this.row(row).set(tokens.subarray(row * d, (row + 1) * d));
    }
    const half = halfTable();
    for (let row = this.tokenCount, from = 0; row < this.count; row++, from += d) {
      const to = this.row(row);
      for (let i = 0; i < d; i++) to[i] = half[bits[from + i]!]!;
    }
    for (let row = 0; row < this.count; row++) normalise(this.row(row));
  }

  /** @returns [d], length 1 */
  token(index: number): Float32Array {
    return this.row(index).slice(0, this.d);
  }

  /**
   * The mean of patches, brought back to length 1: the query of several patches, as the engine's
   * cosine probe makes it. A patch that is named twice counts once.
   *
   * @returns [d]; zeros where the rows cancel out
   */
  meanOf(patches: Iterable<number>): Float32Array {
    const sum = new Float32Array(this.d);
    for (const patch of new Set(patches)) {
      const row = this.row(this.tokenCount + patch);
      for (let i = 0; i < sum.length; i++) sum[i]! += row[i]!;
    }
    return normalise(sum);
  }

  /**
   * @param query [d], length 1
   * @returns cosines in -1..1 with every patch, [p], and with CLS and the registers, [1 + r]
   */
  cosines(query: Float32Array): { values: Float32Array; tokens: Float32Array } {
    const { stride, count } = this;
    this.values.fill(0, 0, stride);
    this.values.set(query);
    const out = (1 + count) * stride;
    this.dotProducts(0, 4 * stride, 4 * stride, 4 * out, 4 * (out + count));
    const patches = out + this.tokenCount;
    return {
      values: this.values.slice(patches, out + count),
      tokens: this.values.slice(out, patches),
    };
  }

  private row(index: number): Float32Array {
    return this.values.subarray((1 + index) * this.stride, (2 + index) * this.stride);
  }
}

let compiled: WebAssembly.Module | undefined;

/** A memory of its own for each photograph: it goes when the photograph goes. */
function instance() {
  compiled ??= new WebAssembly.Module(bytes);
  const { memory, dotProducts } = new WebAssembly.Instance(compiled).exports;
  return {
    buffer: memory as WebAssembly.Memory,
    dotProducts: dotProducts as (...offsets: number[]) => void,
  };
}

/** In place; a row of zeros stays. */
function normalise(row: Float32Array): Float32Array {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i]! * row[i]!;
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let i = 0; i < row.length; i++) row[i]! *= scale;
  return row;
}

let halves: Float32Array | undefined;

/** The value of each of the 65,536 half floats: decoding is one load a value. */
function halfTable(): Float32Array {
  if (halves) return halves;
  halves = new Float32Array(65_536);
  const view = new DataView(new ArrayBuffer(2));
  for (let bits = 0; bits < halves.length; bits++) {
    view.setUint16(0, bits);
    halves[bits] = getFloat16(view, 0);
  }
  return halves;
}
