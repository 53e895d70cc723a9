/** Rules of the matrix products. */
import { broadcastShapes, type KernelRule, type Lowering } from "../rule.ts";

/** The two last axes of a product, after the transposes that the attributes ask for. */
function productShape(
  a: readonly number[],
  b: readonly number[],
  attributes: Lowering["attributes"],
): number[] {
  const rows = a.at(attributes["transposeA"] ? -1 : -2)!;
  const cols = b.at(attributes["transposeB"] ? -2 : -1)!;
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), rows, cols];
}

/** Swap of the two last axes. */
function lastAxesSwapped(rank: number): number[] {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return perm;
}

function transposeFlags(attributes: Lowering["attributes"]): { transA: number; transB: number } {
  return { transA: attributes["transposeA"] ? 1 : 0, transB: attributes["transposeB"] ? 1 : 0 };
}

export const linalgRules = {
  BatchMatMul: {
    inputs: ["a", "b"],
    infer: ([a, b], attributes) => [
      { shape: productShape(a!.shape, b!.shape, attributes), dtype: "float32" },
    ],
    lower: ({ emit, inputs: [a, b], inputTypes, outputs, attributes, target }) => {
      const { transA, transB } = transposeFlags(attributes);
      const rank = Math.max(...inputTypes.map(({ shape }) => shape.length));
      // Gemm takes transposes as flags on every provider, and packs a constant B once.
      if (rank === 2) emit("Gemm", [a!, b!], { transA, transB }, outputs);
      else if (!transA && !transB) emit("MatMul", [a!, b!], {}, outputs);
      else if (target.provider === "webgpu") {
        // FusedMatMul does not exist there; the node would fall to the CPU with copies.
        const turn = (x: string, flag: number, axes: number) =>
          flag ? emit("Transpose", [x], { perm: lastAxesSwapped(axes) }) : x;
        const left = turn(a!, transA, inputTypes[0]!.shape.length);
        const right = turn(b!, transB, inputTypes[1]!.shape.length);
        emit("MatMul", [left, right], {}, outputs);
      } else {
        emit(
          "com.microsoft.FusedMatMul",
          [a!, b!],
          { transA, transB, alpha: { float: 1 } },
          outputs,
        );
      }
    },
  },
  /** Made by the simplifier: a product of two matrices plus a row vector. */
  Linear: {
    inputs: ["a", "b", "bias"],
    infer: ([a, b], attributes) => [
      { shape: productShape(a!.shape, b!.shape, attributes), dtype: "float32" },
    ],
    lower: ({ emit, inputs, outputs, attributes }) =>
      void emit("Gemm", inputs, transposeFlags(attributes), outputs),
  },
} as const satisfies Record<string, KernelRule>;
