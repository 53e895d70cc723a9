/** What the graphs of all backbones are put together from: parameters, linear maps, norms, means. */
import type { RopePrecision } from "../model/rope.ts";
import { precisionsOf } from "../protocol/exporting.ts";
import { BlockNumbers } from "./block-numbers.ts";
import {
  dynamicProduct,
  floatProduct,
  fourBitProduct,
  halfProduct,
  unmeasuredProduct,
  type MatrixProduct,
} from "./matrix-products.ts";
import { bytesOf, OnnxGraph } from "./onnx-graph.ts";
import { transposed, type RowChange } from "./stored-weights.ts";

export const onnxPrecisions = precisionsOf.onnx;
export type OnnxPrecision = (typeof onnxPrecisions)[number];

/** What a person may choose of a graph, and where its weights come from. */
export interface GraphOptions {
  /** A parameter by our name, as float32; asked for when the file is written. */
  readonly read: (name: string) => Promise<Float32Array>;
  /** 17 to 22. */
  readonly opset: number;
  readonly precision: OnnxPrecision;
  /** ONNX Runtime's own operators where it has any: faster there, unknown elsewhere. */
  readonly isFused: boolean;
  /** Nothing to an encoder without rotary positions. */
  readonly rope: RopePrecision;
  /** Instead of the precision's own product; int8-static has none without it. */
  readonly multiply?: MatrixProduct | undefined;
}

/** Names of sizes that are known when the model runs. */
export const sizeNames = {
  batch: "batch",
  height: "height",
  width: "width",
  tokens: "tokens",
  patches: "patches",
} as const;

const products: Readonly<Record<OnnxPrecision, MatrixProduct>> = {
  fp32: floatProduct,
  fp16: halfProduct,
  int8: dynamicProduct,
  "int8-static": unmeasuredProduct,
  int4: fourBitProduct,
};

/** A linear map of a backbone. */
export interface Linear {
  /** Without ".weight". */
  readonly name: string;
  readonly inner: number;
  readonly outer: number;
  readonly hasBias: boolean;
  /** Name of a vector that multiplies the result, such as LayerScale's. */
  readonly scale?: string | undefined;
  /** Of the rows of the result. */
  readonly order?: readonly number[] | undefined;
  /** The weight as [outer, inner], where it is stored otherwise. */
  readonly arrange?: ((stored: Float32Array) => Float32Array) | undefined;
}

export class NetworkParts {
  readonly graph = new OnnxGraph();
  readonly numbers: BlockNumbers;
  private readonly multiply: MatrixProduct;

  constructor(
    private readonly options: GraphOptions,
    private readonly normEpsilon: number,
  ) {
    this.multiply = options.multiply ?? products[options.precision];
    this.numbers = new BlockNumbers(this.graph, options.precision === "fp16");
  }

  /** The pictures, float32 [batch, 3, height, width]. */
  image(): string {
    const { batch, height, width } = sizeNames;
    return this.graph.input("pixel_values", "float32", [batch, 3, height, width]);
  }

  /** (x W^T + bias) * scale over the last axis of x, scale and order gone into the weights. */
  linear(x: string, how: Linear): string {
    return this.withBias(this.product(x, how), how);
  }

  /** x W^T * scale. */
  product(x: string, how: Linear): string {
    const { name, inner, outer, arrange } = how;
    return this.multiply(this.graph, x, {
      name: fileName(`${name}.weight`),
      inner,
      outer,
      read: async () => {
        const stored = await this.options.read(`${name}.weight`);
        return transposed(arrange?.(stored) ?? stored, outer, inner, await this.rows(how));
      },
    });
  }

  private withBias(product: string, how: Linear): string {
    return how.hasBias ? this.graph.node("Add", [product, this.bias(how)]) : product;
  }

  /** Of a linear map, in the type that the blocks compute in. */
  bias(how: Linear): string {
    const { name, outer } = how;
    const shift = this.param(`${name}.bias`, [outer], async () =>
      transposed(await this.options.read(`${name}.bias`), outer, 1, await this.rows(how)),
    );
    return this.numbers.half(shift);
  }

  private async rows({ order, scale }: Linear): Promise<RowChange> {
    return { order, scale: scale === undefined ? undefined : await this.options.read(scale) };
  }

  /** Over the last axis. float32 in, float32 out: in float16 the sum of squares would overflow. */
  norm(name: string, x: string, d: number): string {
    const inputs = [x, this.param(`${name}.weight`, [d]), this.param(`${name}.bias`, [d])];
    return this.graph.node("LayerNormalization", inputs, {
      axis: -1,
      epsilon: { float: this.normEpsilon },
    });
  }

  /** Of [batch, n, d] over n. From opset 18 on the axes are an input. */
  mean(x: string, keepdims: 0 | 1 = 0): string {
    const { graph, options } = this;
    return options.opset >= 18
      ? graph.node("ReduceMean", [x, graph.ints(1)], { keepdims })
      : graph.node("ReduceMean", [x], { axes: [1], keepdims });
  }

  /** Of [batch, n, d] along n. */
  slice(x: string, start: number, end = lastOfAll): string {
    const { graph } = this;
    return graph.node("Slice", [x, graph.ints(start), graph.ints(end), graph.ints(1)]);
  }

  /** A parameter as float32. */
  param(name: string, dims: readonly number[], read = () => this.options.read(name)): string {
    return this.graph.weight({
      name: fileName(name),
      type: "float32",
      dims,
      read: async () => bytesOf(await read()),
    });
  }

  /**
   * The outputs of every backbone, float32: see backboneGraph.
   * @param all [batch, tokens, d], CLS, registers and patches
   */
  outputs(
    all: string,
    how: {
      readonly width: number;
      readonly registers: number;
      /** CLS and registers. */
      readonly prefix: number;
      readonly hasClass: boolean;
    },
  ): void {
    const { graph } = this;
    const { batch, tokens, patches } = sizeNames;
    const { width: d, registers, prefix, hasClass } = how;
    graph.output("last_hidden_state", all, "float32", [batch, tokens, d]);
    const own = prefix > 0 ? this.slice(all, prefix) : all;
    const cls = hasClass ? graph.node("Gather", [all, graph.int(0)], { axis: 1 }) : this.mean(own);
    graph.output("cls", cls, "float32", [batch, d]);
    graph.output("pooler_output", cls, "float32", [batch, d]);
    if (registers > 0) {
      const between = this.slice(all, prefix - registers, prefix);
      graph.output("registers", between, "float32", [batch, registers, d]);
    }
    graph.output("patches", own, "float32", [batch, patches, d]);
  }
}

/** Of a parameter; outputs are called "cls" and "registers" too. */
function fileName(name: string): string {
  return `backbone.${name}`;
}

/** The end of a slice that has none. */
const lastOfAll = Number.MAX_SAFE_INTEGER;
