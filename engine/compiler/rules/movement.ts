/** Rules of the kernels that move values without changing them: reshape, transpose, slice, gather. */
import type { ValueType } from "../graph.ts";
import { sizeOf } from "../graph.ts";
import {
  axesAttribute,
  listAttribute,
  numberAttribute,
  onnxDtype,
  type KernelRule,
  type Lowering,
} from "../rule.ts";

const typed = (like: ValueType, shape: readonly number[]): ValueType[] => [
  { shape, dtype: like.dtype },
];

/** Reshape to the type that inference found. */
function reshapeToOutput({ emit, int64, inputs: [x], outputs, outputTypes }: Lowering): void {
  emit("Reshape", [x!, int64(outputTypes[0]!.shape)], {}, outputs);
}

/** The one free axis (-1) of a reshape, filled in. */
function resolveShape(shape: readonly number[], size: number): number[] {
  const known = sizeOf(shape.filter((n) => n !== -1));
  return shape.map((n) => (n === -1 ? size / known : n));
}

/** begin and size of a slice with -1 ("to the end") filled in. */
function sliceBounds(x: ValueType, attributes: Lowering["attributes"]) {
  const begin = listAttribute(attributes, "begin");
  const wanted = listAttribute(attributes, "size");
  const starts = x.shape.map((_, axis) => begin[axis] ?? 0);
  const sizes = x.shape.map((size, axis) => {
    const n = wanted[axis] ?? -1;
    return n === -1 ? size - starts[axis]! : n;
  });
  return { starts, sizes };
}

/** Sizes of the parts of a split. */
function splitSizes(x: ValueType, axis: number, attributes: Lowering["attributes"]): number[] {
  const wanted = attributes["numOrSizeSplits"];
  const total = x.shape[axis]!;
  if (typeof wanted === "number") return Array.from({ length: wanted }, () => total / wanted);
  const sizes = listAttribute(attributes, "numOrSizeSplits");
  const known = sizes.reduce((sum, n) => (n === -1 ? sum : sum + n), 0);
  return sizes.map((n) => (n === -1 ? total - known : n));
}

export const movementRules = {
  Reshape: {
    inputs: ["x"],
    infer: ([x], attributes) =>
      typed(x!, resolveShape(listAttribute(attributes, "shape"), sizeOf(x!.shape))),
    lower: reshapeToOutput,
  },
  ExpandDims: {
    inputs: ["input"],
    infer: ([x], attributes) => {
      const dim = numberAttribute(attributes, "dim");
      const shape = [...x!.shape];
      shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
      return typed(x!, shape);
    },
    lower: reshapeToOutput,
  },
  Transpose: {
    inputs: ["x"],
    infer: ([x], attributes) =>
      typed(
        x!,
        listAttribute(attributes, "perm").map((axis) => x!.shape[axis]!),
      ),
    lower: ({ emit, inputs, outputs, attributes }) =>
      void emit("Transpose", inputs, { perm: listAttribute(attributes, "perm") }, outputs),
  },
  Slice: {
    inputs: ["x"],
    infer: ([x], attributes) => typed(x!, sliceBounds(x!, attributes).sizes),
    lower: ({ emit, int64, inputs: [x], inputTypes, outputs, attributes }) => {
      const { starts, sizes } = sliceBounds(inputTypes[0]!, attributes);
      const axes = starts.map((_, axis) => axis);
      const cut = axes.filter((a) => sizes[a] !== inputTypes[0]!.shape[a]);
      const ends = starts.map((start, axis) => start + sizes[axis]!);
      emit(
        "Slice",
        [x!, int64(cut.map((a) => starts[a]!)), int64(cut.map((a) => ends[a]!)), int64(cut)],
        {},
        outputs,
      );
    },
  },
  Concat: {
    inputs: "list",
    infer: (parts, attributes) => {
      const [axis] = axesAttribute(attributes, "axis", parts[0]!.shape.length);
      const total = parts.reduce((sum, part) => sum + part.shape[axis!]!, 0);
      return typed(
        parts[0]!,
        parts[0]!.shape.map((size, i) => (i === axis ? total : size)),
      );
    },
    lower: ({ emit, inputs, inputTypes, outputs, attributes }) => {
      const [axis] = axesAttribute(attributes, "axis", inputTypes[0]!.shape.length);
      emit("Concat", inputs, { axis: axis! }, outputs);
    },
  },
  SplitV: {
    inputs: ["x"],
    infer: ([x], attributes) => {
      const [axis] = axesAttribute(attributes, "axis", x!.shape.length);
      return splitSizes(x!, axis!, attributes).map((n) => ({
        shape: x!.shape.map((size, i) => (i === axis ? n : size)),
        dtype: x!.dtype,
      }));
    },
    lower: ({ emit, int64, inputs: [x], inputTypes, outputs, attributes }) => {
      const [axis] = axesAttribute(attributes, "axis", inputTypes[0]!.shape.length);
      const sizes = splitSizes(inputTypes[0]!, axis!, attributes);
      emit("Split", [x!, int64(sizes)], { axis: axis! }, outputs);
    },
  },
  PadV2: {
    inputs: ["x"],
    infer: ([x], attributes) => {
      const paddings = attributes["paddings"] as readonly (readonly [number, number])[];
      return typed(
        x!,
        x!.shape.map((n, axis) => n + paddings[axis]![0] + paddings[axis]![1]),
      );
    },
    lower: ({ emit, int64, scalar, inputs: [x], inputTypes, outputs, attributes }) => {
      const paddings = attributes["paddings"] as readonly (readonly [number, number])[];
      const pads = int64([...paddings.map(([before]) => before), ...paddings.map(([, a]) => a)]);
      const value = scalar(numberAttribute(attributes, "constantValue"), inputTypes[0]!.dtype);
      emit("Pad", [x!, pads, value], {}, outputs);
    },
  },
  Tile: {
    inputs: ["x"],
    infer: ([x], attributes) =>
      typed(
        x!,
        listAttribute(attributes, "reps").map((n, axis) => n * x!.shape[axis]!),
      ),
    lower: ({ emit, int64, inputs: [x], outputs, attributes }) =>
      void emit("Tile", [x!, int64(listAttribute(attributes, "reps"))], {}, outputs),
  },
  /** Made by the simplifier: repeat along axes of length 1 and new leading axes. */
  BroadcastTo: {
    inputs: ["x"],
    infer: ([x], attributes) => typed(x!, listAttribute(attributes, "shape")),
    lower: ({ emit, int64, inputs: [x], outputs, outputTypes }) =>
      void emit("Expand", [x!, int64(outputTypes[0]!.shape)], {}, outputs),
  },
  Pack: {
    inputs: "list",
    infer: (parts, attributes) => {
      const shape = [...parts[0]!.shape];
      shape.splice(numberAttribute(attributes, "axis"), 0, parts.length);
      return typed(parts[0]!, shape);
    },
    lower: ({ emit, int64, inputs, outputs, attributes }) => {
      const axis = numberAttribute(attributes, "axis");
      const parts = inputs.map((part) => emit("Unsqueeze", [part, int64([axis])]));
      emit("Concat", parts, { axis }, outputs);
    },
  },
  Unpack: {
    inputs: ["value"],
    infer: ([x], attributes) => {
      const [axis] = axesAttribute(attributes, "axis", x!.shape.length);
      const shape = x!.shape.filter((_, i) => i !== axis);
      return Array.from({ length: x!.shape[axis!]! }, () => ({ shape, dtype: x!.dtype }));
    },
    lower: ({ emit, int64, inputs: [x], inputTypes, outputs, attributes }) => {
      const [axis] = axesAttribute(attributes, "axis", inputTypes[0]!.shape.length);
      const parts = outputs.map((name) => `${name}_part`);
      emit("Split", [x!, int64(parts.map(() => 1))], { axis: axis! }, parts);
      parts.forEach((part, i) => emit("Squeeze", [part, int64([axis!])], {}, [outputs[i]!]));
    },
  },
  Reverse: {
    inputs: ["x"],
    infer: ([x]) => typed(x!, x!.shape),
    lower: ({ emit, int64, inputs: [x], inputTypes, outputs, attributes }) => {
      const axes = axesAttribute(attributes, "dims", inputTypes[0]!.shape.length);
      const all = (value: number) => int64(axes.map(() => value));
      // An end below -size means "through the first element" when stepping backwards.
      emit("Slice", [x!, all(-1), all(-(2 ** 31)), int64(axes), all(-1)], {}, outputs);
    },
  },
  GatherV2: {
    inputs: ["x", "indices"],
    infer: ([x, indices], attributes) => {
      const [axis] = axesAttribute(attributes, "axis", x!.shape.length);
      return typed(x!, [
        ...x!.shape.slice(0, axis),
        ...indices!.shape,
        ...x!.shape.slice(axis! + 1),
      ]);
    },
    lower: ({ emit, inputs, inputTypes, outputs, attributes }) => {
      if (attributes["batchDims"]) throw new Error("internal: gather with batch axes");
      const [axis] = axesAttribute(attributes, "axis", inputTypes[0]!.shape.length);
      emit("Gather", inputs, { axis: axis! }, outputs);
    },
  },
  /** The gradient of a gather: rows of x added up by segment. */
  UnsortedSegmentSum: {
    inputs: ["x", "segmentIds"],
    infer: ([x], attributes) =>
      typed(x!, [numberAttribute(attributes, "numSegments"), ...x!.shape.slice(1)]),
    lower: ({ emit, int64, scalar, inputs: [x, ids], inputTypes, outputs, outputTypes }) => {
      const zeros = emit("Expand", [scalar(0), int64(outputTypes[0]!.shape)]);
      const rows = emit("Cast", [ids!], { to: onnxDtype.int64 });
      const indices = emit("Reshape", [rows, int64([inputTypes[0]!.shape[0]!, 1])]);
      emit("ScatterND", [zeros, indices, x!], { reduction: { text: "add" } }, outputs);
    },
  },
  OneHot: {
    inputs: ["indices"],
    infer: ([indices], attributes) => [
      {
        shape: [...indices!.shape, numberAttribute(attributes, "depth")],
        dtype: attributes["dtype"] === "int32" ? "int32" : "float32",
      },
    ],
    // ONNX has OneHot for some dtypes only; comparing with 0, 1, .. works for all of them.
    lower: ({
      emit,
      int64,
      scalar,
      inputs: [indices],
      inputTypes,
      outputs,
      outputTypes,
      attributes,
    }) => {
      const depth = numberAttribute(attributes, "depth");
      const wide = emit("Cast", [indices!], { to: onnxDtype.int64 });
      const column = emit("Reshape", [wide, int64([...inputTypes[0]!.shape, 1])]);
      const isHot = emit("Equal", [column, int64(Array.from({ length: depth }, (_, i) => i))]);
      const [on, off] = (["onValue", "offValue"] as const).map((name) =>
        scalar(numberAttribute(attributes, name), outputTypes[0]!.dtype),
      );
      emit("Where", [isHot, on!, off!], {}, outputs);
    },
  },
} as const satisfies Record<string, KernelRule>;
