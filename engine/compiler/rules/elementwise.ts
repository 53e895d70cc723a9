/** Rules of the kernels that work value by value: arithmetic, comparison, activation, cast. */
import type { GraphDtype, ValueType } from "../graph.ts";
import { broadcastShapes, numberAttribute, onnxDtype, type KernelRule } from "../rule.ts";

/** f(x), the same shape and, unless said otherwise, the same dtype. */
function unary(operator: string, dtype?: GraphDtype): KernelRule {
  return {
    inputs: ["x"],
    infer: ([x]) => [{ shape: x!.shape, dtype: dtype ?? x!.dtype }],
    lower: ({ emit, inputs, outputs }) => void emit(operator, inputs, {}, outputs),
  };
}

/** f(a, b) with broadcasting. */
function binary(operator: string, dtype?: GraphDtype): KernelRule {
  return {
    inputs: ["a", "b"],
    infer: ([a, b]) => [{ shape: broadcastShapes(a!.shape, b!.shape), dtype: dtype ?? a!.dtype }],
    lower: ({ emit, inputs, outputs }) => void emit(operator, inputs, {}, outputs),
  };
}

/** A comparison, the wanted operator being the opposite of one that ONNX has. */
function negated(operator: string): KernelRule {
  return {
    ...binary(operator, "bool"),
    lower: ({ emit, inputs, outputs }) => void emit("Not", [emit(operator, inputs)], {}, outputs),
  };
}

const like = ([x]: readonly ValueType[]): ValueType[] => [{ shape: x!.shape, dtype: x!.dtype }];

export const elementwiseRules = {
  Abs: unary("Abs"),
  Ceil: unary("Ceil"),
  Cos: unary("Cos"),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Floor: unary("Floor"),
  Identity: unary("Identity"),
  Log: unary("Log"),
  LogicalNot: unary("Not", "bool"),
  Neg: unary("Neg"),
  Reciprocal: unary("Reciprocal"),
  Relu: unary("Relu"),
  Round: unary("Round"),
  Sigmoid: unary("Sigmoid"),
  Sign: unary("Sign"),
  Sin: unary("Sin"),
  Softplus: unary("Softplus"),
  Sqrt: unary("Sqrt"),
  Tanh: unary("Tanh"),

  Add: binary("Add"),
  Equal: binary("Equal", "bool"),
  Greater: binary("Greater", "bool"),
  GreaterEqual: binary("GreaterOrEqual", "bool"),
  Less: binary("Less", "bool"),
  LessEqual: binary("LessOrEqual", "bool"),
  LogicalAnd: binary("And", "bool"),
  LogicalOr: binary("Or", "bool"),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Multiply: binary("Mul"),
  NotEqual: negated("Equal"),
  Pow: binary("Pow"),
  RealDiv: binary("Div"),
  Sub: binary("Sub"),

  /** 1 / sqrt(x) */
  Rsqrt: {
    inputs: ["x"],
    infer: like,
    lower: ({ emit, inputs, outputs }) =>
      void emit("Reciprocal", [emit("Sqrt", inputs)], {}, outputs),
  },
  /** x * x */
  Square: {
    inputs: ["x"],
    infer: like,
    lower: ({ emit, inputs: [x], outputs }) => void emit("Mul", [x!, x!], {}, outputs),
  },
  /** (a - b)^2 */
  SquaredDifference: {
    ...binary("Sub"),
    lower: ({ emit, inputs, outputs }) => {
      const difference = emit("Sub", inputs);
      emit("Mul", [difference, difference], {}, outputs);
    },
  },
  /** log(1 + x) */
  Log1p: {
    inputs: ["x"],
    infer: like,
    lower: ({ emit, scalar, inputs: [x], outputs }) =>
      void emit("Log", [emit("Add", [x!, scalar(1)])], {}, outputs),
  },
  /** exp(x) - 1 */
  Expm1: {
    inputs: ["x"],
    infer: like,
    lower: ({ emit, scalar, inputs, outputs }) =>
      void emit("Sub", [emit("Exp", inputs), scalar(1)], {}, outputs),
  },
  /** 1 above zero, alpha elsewhere: what tfjs computes, though its documentation says alpha x. */
  Step: {
    inputs: ["x"],
    infer: like,
    lower: ({ emit, scalar, inputs: [x], outputs, attributes }) => {
      const above = emit("Greater", [x!, scalar(0)]);
      const alpha = scalar(numberAttribute(attributes, "alpha"));
      emit("Where", [above, scalar(1), alpha], {}, outputs);
    },
  },
  ClipByValue: {
    inputs: ["x"],
    infer: like,
    lower: ({ emit, scalar, inputs: [x], inputTypes, outputs, attributes }) => {
      const low = scalar(numberAttribute(attributes, "clipValueMin"), inputTypes[0]!.dtype);
      const high = scalar(numberAttribute(attributes, "clipValueMax"), inputTypes[0]!.dtype);
      emit("Clip", [x!, low, high], {}, outputs);
    },
  },
  Cast: {
    inputs: ["x"],
    infer: ([x], attributes) => [{ shape: x!.shape, dtype: attributes["dtype"] as GraphDtype }],
    lower: ({ emit, inputs, outputs, outputTypes }) =>
      void emit("Cast", inputs, { to: onnxDtype[outputTypes[0]!.dtype] }, outputs),
  },
  AddN: {
    inputs: "list",
    infer: like,
    lower: ({ emit, inputs, outputs }) => void emit("Sum", inputs, {}, outputs),
  },
  /** where(condition, t, e) */
  Select: {
    inputs: ["condition", "t", "e"],
    infer: ([condition, t, e]) => [
      {
        shape: broadcastShapes(condition!.shape, broadcastShapes(t!.shape, e!.shape)),
        dtype: t!.dtype,
      },
    ],
    lower: ({ emit, inputs, outputs }) => void emit("Where", inputs, {}, outputs),
  },
} as const satisfies Record<string, KernelRule>;
