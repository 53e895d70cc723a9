/**
 * The vision transformer as an ONNX graph that takes any number of pictures of any size in whole
 * patches: what model/backbone.ts computes, in the operators of the standard.
 */
import { elementType } from "../compiler/onnx-proto.ts";
import { prefixTokens, type VitConfig } from "../model/config.ts";
import { blockName } from "../model/params.ts";
import type { RopePrecision } from "../model/rope.ts";
import { precisionsOf } from "../protocol/exporting.ts";
import {
  dynamicProduct,
  floatProduct,
  fourBitProduct,
  halfProduct,
  unmeasuredProduct,
  type Matrix,
  type MatrixProduct,
} from "./matrix-products.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import { ropeGraph, type RopeValues } from "./rope-graph.ts";

export const onnxPrecisions = precisionsOf.onnx;
export type OnnxPrecision = (typeof onnxPrecisions)[number];

export interface VitGraphOptions {
  readonly config: VitConfig;
  /** A parameter by our name, as float32; asked for when the file is written. */
  readonly read: (name: string) => Promise<Float32Array>;
  /** 17 to 22. */
  readonly opset: number;
  readonly precision: OnnxPrecision;
  /** ONNX Runtime's own operators for attention and rotation: faster there, unknown elsewhere. */
  readonly isFused: boolean;
  readonly rope: RopePrecision;
  /** Instead of the precision's own product; int8-static has none without it. */
  readonly multiply?: MatrixProduct | undefined;
}

/** Names of sizes that are known when the model runs. */
const [batch, height, width, tokens, patches] = [
  "batch",
  "height",
  "width",
  "tokens",
  "patches",
] as const;

const products: Readonly<Record<OnnxPrecision, MatrixProduct>> = {
  fp32: floatProduct,
  fp16: halfProduct,
  int8: dynamicProduct,
  "int8-static": unmeasuredProduct,
  int4: fourBitProduct,
};

/**
 * Input: `pixel_values` float32 [batch, 3, height, width], normalised. Outputs, float32, after the
 * final norm: `last_hidden_state` [batch, tokens, d], and of it `cls` and `pooler_output` [batch, d]
 * (the same; the second is the name that transformers has for it), `registers` [batch, r, d] and
 * `patches` [batch, height / p * width / p, d], row-major.
 */
export function vitGraph(options: VitGraphOptions): OnnxGraph {
  return new VitBuilder(options).build();
}

class VitBuilder {
  private readonly graph = new OnnxGraph();
  private readonly multiply: MatrixProduct;
  private readonly isHalf: boolean;

  constructor(private readonly options: VitGraphOptions) {
    this.multiply = options.multiply ?? products[options.precision];
    this.isHalf = options.precision === "fp16";
  }

  build(): OnnxGraph {
    const { graph, options } = this;
    const { config } = options;
    const { width: d, registers } = config;
    const image = graph.input("pixel_values", "float32", [batch, 3, height, width]);
    let x = this.half(this.embed(image));
    const tables = ropeGraph(graph, image, config, options.rope);
    const rope = { cos: this.half(tables.cos), sin: this.half(tables.sin) };
    for (let k = 0; k < config.depth; k++) x = this.block(k, x, rope);
    const out = this.norm("norm", this.whole(x));
    graph.output("last_hidden_state", out, "float32", [batch, tokens, d]);
    const cls = graph.node("Gather", [out, graph.int(0)], { axis: 1 });
    graph.output("cls", cls, "float32", [batch, d]);
    graph.output("pooler_output", cls, "float32", [batch, d]);
    const prefix = prefixTokens(config);
    if (registers > 0) {
      graph.output("registers", this.slice(out, 1, prefix), "float32", [batch, registers, d]);
    }
    graph.output("patches", this.slice(out, prefix, lastOfAll), "float32", [batch, patches, d]);
    return graph;
  }

  /** @returns float32 [batch, tokens, d] */
  private embed(image: string): string {
    const { graph } = this;
    const { width: d, patch: p, registers } = this.options.config;
    const seen = graph.node(
      "Conv",
      [image, this.param("patch.weight", [d, 3, p, p]), this.param("patch.bias", [d])],
      { kernel_shape: [p, p], strides: [p, p] },
    );
    const rows = graph.node("Reshape", [seen, graph.ints(0, d, -1)]);
    const own = graph.node("Transpose", [rows], { perm: [0, 2, 1] });
    const prefix = [this.param("cls", [1, 1, d])];
    if (registers > 0) prefix.push(this.param("registers", [1, registers, d]));
    const joined = prefix.length > 1 ? graph.node("Concat", prefix, { axis: 1 }) : prefix[0]!;
    const count = graph.node("Shape", [image], { start: 0, end: 1 });
    const shape = graph.node("Concat", [count, graph.ints(1, 1)], { axis: 0 });
    return graph.node("Concat", [graph.node("Expand", [joined, shape]), own], { axis: 1 });
  }

  private block(k: number, x: string, rope: RopeValues): string {
    const { graph, options } = this;
    const { config } = options;
    const { width: d, hidden, bias } = config;
    const at = (name: string) => `${blockName(k)}.${name}`;
    const attend = this.half(this.norm(at("norm1"), this.whole(x)));
    const q = this.linear(attend, at("query"), d, d, bias.query);
    const keys = this.linear(attend, at("key"), d, d, bias.key);
    const v = this.linear(attend, at("value"), d, d, bias.value);
    const mixed = options.isFused
      ? this.fusedAttention(q, keys, v, rope)
      : this.attention(q, keys, v, rope);
    const projected = this.linear(mixed, at("projection"), d, d, bias.projection, at("scale1"));
    const y = graph.node("Add", [x, projected]);

    const f = this.half(this.norm(at("norm2"), this.whole(y)));
    const up = this.linear(f, at("up"), d, hidden, bias.feedForward);
    const inside =
      config.feedForward === "mlp"
        ? this.gelu(up)
        : graph.node("Mul", [
            this.silu(this.linear(f, at("gate"), d, hidden, bias.feedForward)),
            up,
          ]);
    return graph.node("Add", [
      y,
      this.linear(inside, at("down"), hidden, d, bias.feedForward, at("scale2")),
    ]);
  }

  /** (x W^T + bias) * scale, LayerScale multiplied into the weights. */
  private linear(
    x: string,
    name: string,
    inner: number,
    outer: number,
    hasBias: boolean,
    scale?: string,
  ): string {
    const { graph, options } = this;
    const { read } = options;
    const scales = async () => (scale === undefined ? undefined : read(scale));
    const matrix: Matrix = {
      name: fileName(`${name}.weight`),
      inner,
      outer,
      read: async () => transposed(await read(`${name}.weight`), outer, inner, await scales()),
    };
    const product = this.multiply(graph, x, matrix);
    if (!hasBias) return product;
    const shift = this.param(`${name}.bias`, [outer], async () => {
      const [own, by] = [await read(`${name}.bias`), await scales()];
      return by ? own.map((value, i) => value * by[i]!) : own;
    });
    return graph.node("Add", [product, this.half(shift)]);
  }

  /** softmax(q k^T / sqrt(d / heads)) v over rotated q and k, all [batch, tokens, d]. */
  private attention(q: string, keys: string, v: string, rope: RopeValues): string {
    const { graph } = this;
    const { width: d, heads } = this.options.config;
    const split = (x: string) => {
      const parts = graph.node("Reshape", [x, graph.ints(0, 0, heads, d / heads)]);
      return graph.node("Transpose", [parts], { perm: [0, 2, 1, 3] });
    };
    const scale = this.half(graph.scalar(Math.sqrt(heads / d)));
    const rotated = graph.node("Mul", [this.rotate(split(q), rope), scale]);
    const turned = graph.node("Transpose", [this.rotate(split(keys), rope)], {
      perm: [0, 1, 3, 2],
    });
    const scores = this.whole(graph.node("MatMul", [rotated, turned]));
    const parts = this.half(graph.node("Softmax", [scores], { axis: -1 }));
    const mixed = graph.node("MatMul", [parts, split(v)]);
    const joined = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
    return graph.node("Reshape", [joined, graph.ints(0, 0, d)]);
  }

  /** (a cos - b sin, b cos + a sin) of the halves a and b of the last axis, [batch, heads, tokens, ..]. */
  private rotate(x: string, { cos, sin }: RopeValues): string {
    const { graph } = this;
    const half = this.options.config.width / this.options.config.heads / 2;
    const [a, b] = graph.results("Split", [x, graph.ints(half, half)], 2, { axis: 3 });
    const first = graph.node("Sub", [graph.node("Mul", [a!, cos]), graph.node("Mul", [b!, sin])]);
    const second = graph.node("Add", [graph.node("Mul", [b!, cos]), graph.node("Mul", [a!, sin])]);
    return graph.node("Concat", [first, second], { axis: 3 });
  }

  private fusedAttention(q: string, keys: string, v: string, { cos, sin }: RopeValues): string {
    const { graph } = this;
    const { width: d, heads } = this.options.config;
    const rotate = (x: string) =>
      graph.node("com.microsoft.RotaryEmbedding", [x, graph.ints(0), cos, sin], {
        num_heads: heads,
        interleaved: 0,
      });
    return graph.node("com.microsoft.MultiHeadAttention", [rotate(q), rotate(keys), v], {
      num_heads: heads,
      scale: { float: Math.sqrt(heads / d) },
    });
  }

  /** float32 in, float32 out: in float16 the sum of squares would overflow. */
  private norm(name: string, x: string): string {
    const { width: d, normEpsilon } = this.options.config;
    const inputs = [x, this.param(`${name}.weight`, [d]), this.param(`${name}.bias`, [d])];
    return this.graph.node("LayerNormalization", inputs, {
      axis: -1,
      epsilon: { float: normEpsilon },
    });
  }

  /** x / 2 (1 + erf(x / sqrt 2)); one operator from opset 20 on. */
  private gelu(x: string): string {
    const { graph } = this;
    if (this.options.opset >= 20) return graph.node("Gelu", [x]);
    const constant = (value: number) => this.half(graph.scalar(value));
    const erf = graph.node("Erf", [graph.node("Div", [x, constant(Math.SQRT2)])]);
    const twice = graph.node("Mul", [x, graph.node("Add", [erf, constant(1)])]);
    return graph.node("Mul", [twice, constant(0.5)]);
  }

  private silu(x: string): string {
    return this.graph.node("Mul", [x, this.graph.node("Sigmoid", [x])]);
  }

  private slice(x: string, start: number, end: number): string {
    const { graph } = this;
    return graph.node("Slice", [x, graph.ints(start), graph.ints(end), graph.ints(1)]);
  }

  private float(x: string): string {
    return this.graph.node("Cast", [x], { to: elementType.float32 });
  }

  /** float32 to the type that the blocks compute in. */
  private half(x: string): string {
    return this.isHalf ? this.graph.node("Cast", [x], { to: elementType.float16 }) : x;
  }

  /** The other way. */
  private whole(x: string): string {
    return this.isHalf ? this.float(x) : x;
  }

  /** A parameter as float32. */
  private param(
    name: string,
    dims: readonly number[],
    read = () => this.options.read(name),
  ): string {
    return this.graph.weight({
      name: fileName(name),
      type: "float32",
      dims,
      read: async () => {
        const values = await read();
        return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      },
    });
  }
}

/** Of a parameter; outputs are called "cls" and "registers" too. */
function fileName(name: string): string {
  return `backbone.${name}`;
}

/** The end of a slice that has none. */
const lastOfAll = Number.MAX_SAFE_INTEGER;

/** [rows, cols] to [cols, rows], row i times scale[i]. */
function transposed(
  values: Float32Array,
  rows: number,
  cols: number,
  scale: Float32Array | undefined,
): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    const by = scale ? scale[i]! : 1;
    for (let j = 0; j < cols; j++) out[j * rows + i] = values[i * cols + j]! * by;
  }
  return out;
}
