/**
 * Rules of the compound kernels of a transformer (see compiler/ops.ts), each one operator of ONNX
 * Runtime: layer norm, GELU, rotary embedding, attention.
 */
import { numberAttribute, type KernelRule, type Lowering } from "../rule.ts";

export const transformerRules = {
  /** (x - mean) / sqrt(var + epsilon) * weight + bias over the last axis */
  LayerNorm: {
    inputs: ["x", "weight", "bias"],
    infer: ([x]) => [{ shape: x!.shape, dtype: "float32" }],
    lower: ({ emit, inputs, outputs, attributes }) => {
      const epsilon = { float: numberAttribute(attributes, "epsilon") };
      emit("LayerNormalization", inputs, { axis: -1, epsilon }, outputs);
    },
  },
  /** Made by the simplifier: sum = x + skip, normed = LayerNorm(sum); one pass over memory. */
  SkipLayerNorm: {
    inputs: ["x", "skip", "weight", "bias"],
    infer: ([x]) => [
      { shape: x!.shape, dtype: "float32" },
      { shape: x!.shape, dtype: "float32" },
    ],
    lower: ({ emit, inputs, outputs: [normed, sum], attributes, target }) => {
      const epsilon = { float: numberAttribute(attributes, "epsilon") };
      if (target.provider === "cpu") {
        // The fused kernel is scalar code there (ONNX Runtime 1.30): 0.7 ms against 0.16 ms for
        // both operators over [201, 384] on one core.
        const [x, skip, weight, bias] = inputs;
        emit("Add", [x!, skip!], {}, [sum!]);
        emit("LayerNormalization", [sum!, weight!, bias!], { axis: -1, epsilon }, [normed!]);
        return;
      }
      // Outputs 1 and 2, mean and inverse deviation, are not asked for.
      const outputs = [normed!, "", "", sum!];
      emit("com.microsoft.SkipLayerNormalization", inputs, { epsilon }, outputs);
    },
  },
  /** x / 2 * (1 + erf(x / sqrt 2)) */
  Gelu: {
    inputs: ["x"],
    infer: ([x]) => [{ shape: x!.shape, dtype: "float32" }],
    lower: ({ emit, inputs, outputs }) => void emit("com.microsoft.Gelu", inputs, {}, outputs),
  },
  RotaryEmbedding: {
    inputs: ["x", "cos", "sin"],
    infer: ([x]) => [{ shape: x!.shape, dtype: "float32" }],
    lower: ({ emit, int64, inputs: [x, cos, sin], outputs, attributes }) => {
      const num_heads = numberAttribute(attributes, "heads");
      // One position id means "row 0 of the tables is the first token of every image".
      const inputs = [x!, int64([0]), cos!, sin!];
      emit("com.microsoft.RotaryEmbedding", inputs, { num_heads, interleaved: 0 }, outputs);
    },
  },
  Attention: {
    inputs: ["q", "k", "v"],
    infer: ([q]) => [{ shape: q!.shape, dtype: "float32" }],
    lower: (lowering) => {
      if (!lowering.target.fusedAttention) {
        lowerAttentionInParts(lowering);
        return;
      }
      const { emit, inputs, inputTypes, outputs, attributes } = lowering;
      const num_heads = numberAttribute(attributes, "heads");
      const scale = { float: Math.sqrt(num_heads / inputTypes[0]!.shape.at(-1)!) };
      emit("com.microsoft.MultiHeadAttention", inputs, { num_heads, scale }, outputs);
    },
  },
} as const satisfies Record<string, KernelRule>;

/** Scores held at once by attention in parts, in elements: 256 MB of float32. */
const scoreBudget = 2 ** 26;

/**
 * Attention as products and a softmax, a part of the queries at a time, so that memory stays linear
 * in the tokens. For devices on which the fused operator gives wrong numbers.
 */
function lowerAttentionInParts(lowering: Lowering): void {
  const { emit, int64, scalar, inputs, inputTypes, outputs, attributes } = lowering;
  const heads = numberAttribute(attributes, "heads");
  const [b, n, d] = inputTypes[0]!.shape as [number, number, number];
  const m = inputTypes[1]!.shape[1]!;
  const split = (x: string, tokens: number, perm: number[]) =>
    emit("Transpose", [emit("Reshape", [x, int64([b, tokens, heads, d / heads])])], { perm });
  const scaled = emit("Mul", [inputs[0]!, scalar(Math.sqrt(heads / d))]);
  const q = split(scaled, n, [0, 2, 1, 3]); //        [b, h, n, d/h]
  const kT = split(inputs[1]!, m, [0, 2, 3, 1]); //    [b, h, d/h, m]
  const v = split(inputs[2]!, m, [0, 2, 1, 3]); //     [b, h, m, d/h]
  const rows = Math.max(1, Math.min(n, Math.floor(scoreBudget / (b * heads * m))));
  const parts: string[] = [];
  for (let start = 0; start < n; start += rows) {
    const end = Math.min(n, start + rows);
    const part = emit("Slice", [q, int64([start]), int64([end]), int64([2])]);
    const scores = emit("Softmax", [emit("MatMul", [part, kT])], { axis: -1 });
    parts.push(emit("MatMul", [scores, v]));
  }
  const joined = parts.length === 1 ? parts[0]! : emit("Concat", parts, { axis: 2 });
  const tokens = emit("Transpose", [joined], { perm: [0, 2, 1, 3] });
  emit("Reshape", [tokens, int64([b, n, d])], {}, outputs);
}
