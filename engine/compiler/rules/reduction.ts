/** Rules of the kernels that reduce along axes: sums, extremes, softmax, top-k, cumulative sums. */
import type { GraphDtype } from "../graph.ts";
import {
  axesAttribute,
  numberAttribute,
  onnxDtype,
  type KernelRule,
  type Lowering,
} from "../rule.ts";

/** A reduction over the axes that the attribute `axisName` lists. */
function reduction(operator: string, axisName: string): KernelRule {
  return {
    inputs: ["x"],
    infer: ([x], attributes) => {
      const axes = axesAttribute(attributes, axisName, x!.shape.length);
      const shape = attributes["keepDims"]
        ? x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
        : x!.shape.filter((_, axis) => !axes.includes(axis));
      return [{ shape, dtype: x!.dtype }];
    },
    lower: ({ emit, int64, inputs: [x], inputTypes, outputs, attributes }) => {
      const axes = axesAttribute(attributes, axisName, inputTypes[0]!.shape.length);
      const keepdims = attributes["keepDims"] ? 1 : 0;
      if (axes.length === 0) emit("Identity", [x!], {}, outputs);
      else emit(operator, [x!, int64(axes)], { keepdims }, outputs);
    },
  };
}

/** The place of an extreme along one axis; ONNX answers in int64, tfjs in int32. */
function place(operator: string): KernelRule {
  return {
    inputs: ["x"],
    infer: ([x], attributes) => {
      const [axis] = axesAttribute(attributes, "axis", x!.shape.length);
      return [{ shape: x!.shape.filter((_, i) => i !== axis), dtype: "int32" }];
    },
    lower: ({ emit, inputs, inputTypes, outputs, attributes }) => {
      const [axis] = axesAttribute(attributes, "axis", inputTypes[0]!.shape.length);
      const wide = emit(operator, inputs, { axis: axis!, keepdims: 0 });
      emit("Cast", [wide], { to: onnxDtype.int32 }, outputs);
    },
  };
}

function topKTypes(shape: readonly number[], k: number): { shape: number[]; dtype: GraphDtype }[] {
  const kept = [...shape.slice(0, -1), k];
  return [
    { shape: kept, dtype: "float32" },
    { shape: kept, dtype: "int32" },
  ];
}

export const reductionRules = {
  Sum: reduction("ReduceSum", "axis"),
  Mean: reduction("ReduceMean", "axis"),
  Max: reduction("ReduceMax", "reductionIndices"),
  Min: reduction("ReduceMin", "axis"),
  Prod: reduction("ReduceProd", "axis"),
  ArgMax: place("ArgMax"),
  ArgMin: place("ArgMin"),
  /** tfjs has it along the last axis alone. */
  Softmax: {
    inputs: ["logits"],
    infer: ([x]) => [{ shape: x!.shape, dtype: "float32" }],
    lower: ({ emit, inputs, outputs }) => void emit("Softmax", inputs, { axis: -1 }, outputs),
  },
  TopK: {
    inputs: ["x"],
    infer: ([x], attributes) => topKTypes(x!.shape, numberAttribute(attributes, "k")),
    lower: ({ emit, int64, inputs: [x], outputs, attributes }: Lowering) => {
      const wide = `${outputs[1]!}_wide`;
      const k = int64([numberAttribute(attributes, "k")]);
      const sorted = attributes["sorted"] === false ? 0 : 1;
      emit("TopK", [x!, k], { axis: -1, largest: 1, sorted }, [outputs[0]!, wide]);
      emit("Cast", [wide], { to: onnxDtype.int32 }, [outputs[1]!]);
    },
  },
  Cumsum: {
    inputs: ["x"],
    infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    lower: ({ emit, scalar, inputs: [x], outputs, attributes }) => {
      const axis = scalar(numberAttribute(attributes, "axis"), "int32");
      const exclusive = attributes["exclusive"] ? 1 : 0;
      const reverse = attributes["reverse"] ? 1 : 0;
      emit("CumSum", [x!, axis], { exclusive, reverse }, outputs);
    },
  },
} as const satisfies Record<string, KernelRule>;
