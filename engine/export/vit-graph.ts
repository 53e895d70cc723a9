/**
 * The vision transformer as an ONNX graph that takes any number of pictures of any size in whole
 * patches: what model/backbone.ts computes, in the operators of the standard.
 */
import { hasClassToken, prefixTokens, traitsOf, type VitConfig } from "../model/config.ts";
import { blockName } from "../model/params.ts";
import type { RopePrecision } from "../model/rope.ts";
import { precisionsOf } from "../protocol/exporting.ts";
import { activationGraph, siluGraph } from "./activation-graph.ts";
import { attentionGraph } from "./attention-graph.ts";
import { BlockNumbers } from "./block-numbers.ts";
import { gridGraph, type GridValues } from "./grid-graph.ts";
import {
  dynamicProduct,
  floatProduct,
  fourBitProduct,
  halfProduct,
  unmeasuredProduct,
  type Matrix,
  type MatrixProduct,
} from "./matrix-products.ts";
import { bytesOf, OnnxGraph } from "./onnx-graph.ts";
import { positionGraph } from "./position-graph.ts";
import { ropeGraph, type PairRope } from "./rope-graph.ts";
import { pairOrder, patchKernel, sum, transposed } from "./stored-weights.ts";

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
 * `patches` [batch, height / p * width / p, d], row-major. Without a class token `cls` is the mean of
 * the patches.
 */
export function vitGraph(options: VitGraphOptions): OnnxGraph {
  return new VitBuilder(options).build();
}

class VitBuilder {
  private readonly graph = new OnnxGraph();
  private readonly multiply: MatrixProduct;
  private readonly numbers: BlockNumbers;

  constructor(private readonly options: VitGraphOptions) {
    this.multiply = options.multiply ?? products[options.precision];
    this.numbers = new BlockNumbers(this.graph, options.precision === "fp16");
  }

  build(): OnnxGraph {
    const { graph, options, numbers } = this;
    const { config } = options;
    const { width: d, registers } = config;
    const image = graph.input("pixel_values", "float32", [batch, 3, height, width]);
    const grid = gridGraph(graph, image, config.patch);
    let x = numbers.half(this.embed(image, grid));
    const tables = ropeGraph(graph, config, grid, options.rope);
    const rope = tables && this.halfRope(tables);
    for (let k = 0; k < config.depth; k++) x = this.block(k, x, rope);
    const last = numbers.whole(x);
    const out = traitsOf(config).hasFinalNorm ? this.norm("norm", last) : last;
    graph.output("last_hidden_state", out, "float32", [batch, tokens, d]);
    const prefix = prefixTokens(config);
    const own = prefix > 0 ? this.slice(out, prefix, lastOfAll) : out;
    const cls = hasClassToken(config)
      ? graph.node("Gather", [out, graph.int(0)], { axis: 1 })
      : this.mean(own);
    graph.output("cls", cls, "float32", [batch, d]);
    graph.output("pooler_output", cls, "float32", [batch, d]);
    if (registers > 0) {
      const between = this.slice(out, prefix - registers, prefix);
      graph.output("registers", between, "float32", [batch, registers, d]);
    }
    graph.output("patches", own, "float32", [batch, patches, d]);
    return graph;
  }

  private halfRope({ first, second }: PairRope): PairRope {
    const { numbers } = this;
    const half = ({ cos, sin }: PairRope["first"]) => ({
      cos: numbers.half(cos),
      sin: numbers.half(sin),
    });
    const one = half(first);
    return { first: one, second: first === second ? one : half(second) };
  }

  /** @returns float32 [batch, tokens, d] */
  private embed(image: string, grid: GridValues): string {
    const { graph, options } = this;
    const { config, read } = options;
    const { width: d, patch: p, registers } = config;
    const traits = traitsOf(config);
    const { table, classToken } = traits;
    const kernel = this.param("patch.weight", [d, 3, p, p], async () =>
      patchKernel(await read("patch.weight"), config),
    );
    const bias = traits.hasPatchBias ? [this.param("patch.bias", [d])] : [];
    const sides = { kernel_shape: [p, p], strides: [p, p] };
    const seen = graph.node("Conv", [image, kernel, ...bias], sides);
    const rows = graph.node("Reshape", [seen, graph.ints(0, d, -1)]);
    const bare = graph.node("Transpose", [rows], { perm: [0, 2, 1] });
    const placed = () => read("positions");
    const own = table
      ? graph.node("Add", [bare, positionGraph(graph, table, d, grid, placed)])
      : bare;
    const prefix: string[] = [];
    if (classToken === "own") {
      const placedClass = async () => sum(await read("cls"), (await placed()).subarray(0, d));
      prefix.push(this.param("cls", [1, 1, d], table?.hasClass ? placedClass : undefined));
    }
    const stored = registers + (classToken === "first register" ? 1 : 0);
    if (stored > 0) prefix.push(this.param("registers", [1, stored, d]));
    const all = prefix.length > 0 ? this.behind(image, prefix, own) : own;
    return traits.isNormedBefore ? this.norm("before", all) : all;
  }

  /** @param prefix each [1, n, d], the same for every picture */
  private behind(image: string, prefix: readonly string[], own: string): string {
    const { graph } = this;
    const joined = prefix.length > 1 ? graph.node("Concat", prefix, { axis: 1 }) : prefix[0]!;
    const count = graph.node("Shape", [image], { start: 0, end: 1 });
    const shape = graph.node("Concat", [count, graph.ints(1, 1)], { axis: 0 });
    return graph.node("Concat", [graph.node("Expand", [joined, shape]), own], { axis: 1 });
  }

  private block(k: number, x: string, rope: PairRope | undefined): string {
    const { graph, options, numbers } = this;
    const { config, opset, isFused } = options;
    const { width: d, hidden, bias } = config;
    const { hasLayerScale, activation } = traitsOf(config);
    const at = (name: string) => `${blockName(k)}.${name}`;
    const scale = (name: string) => (hasLayerScale ? at(name) : undefined);
    const attend = numbers.half(this.norm(at("norm1"), numbers.whole(x)));
    const order = pairOrder(config);
    const mixed = attentionGraph(
      graph,
      {
        queries: this.linear(attend, at("query"), d, d, { hasBias: bias.query, order }),
        keys: this.linear(attend, at("key"), d, d, { hasBias: bias.key, order }),
        values: this.linear(attend, at("value"), d, d, { hasBias: bias.value }),
      },
      { config, rope, numbers, isFused },
    );
    const y = graph.node("Add", [
      x,
      this.linear(mixed, at("projection"), d, d, {
        hasBias: bias.projection,
        scale: scale("scale1"),
      }),
    ]);

    const f = numbers.half(this.norm(at("norm2"), numbers.whole(y)));
    const inside = { hasBias: bias.feedForward };
    const up = this.linear(f, at("up"), d, hidden, inside);
    const wide =
      config.feedForward === "mlp"
        ? activationGraph(graph, up, activation, { opset, numbers })
        : graph.node("Mul", [siluGraph(graph, this.linear(f, at("gate"), d, hidden, inside)), up]);
    const down = this.linear(wide, at("down"), hidden, d, { ...inside, scale: scale("scale2") });
    return graph.node("Add", [y, down]);
  }

  /** (x W^T + bias) * scale, LayerScale multiplied into the weights, and rows in another order. */
  private linear(
    x: string,
    name: string,
    inner: number,
    outer: number,
    how: {
      readonly hasBias: boolean;
      readonly scale?: string | undefined;
      readonly order?: readonly number[] | undefined;
    },
  ): string {
    const { graph, options, numbers } = this;
    const { read } = options;
    const rows = async () => ({
      order: how.order,
      scale: how.scale === undefined ? undefined : await read(how.scale),
    });
    const matrix: Matrix = {
      name: fileName(`${name}.weight`),
      inner,
      outer,
      read: async () => transposed(await read(`${name}.weight`), outer, inner, await rows()),
    };
    const product = this.multiply(graph, x, matrix);
    if (!how.hasBias) return product;
    const shift = this.param(`${name}.bias`, [outer], async () =>
      transposed(await read(`${name}.bias`), outer, 1, await rows()),
    );
    return graph.node("Add", [product, numbers.half(shift)]);
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

  /** Of [batch, n, d] over n. From opset 18 on the axes are an input. */
  private mean(x: string): string {
    const { graph, options } = this;
    return options.opset >= 18
      ? graph.node("ReduceMean", [x, graph.ints(1)], { keepdims: 0 })
      : graph.node("ReduceMean", [x], { axes: [1], keepdims: 0 });
  }

  private slice(x: string, start: number, end: number): string {
    const { graph } = this;
    return graph.node("Slice", [x, graph.ints(start), graph.ints(end), graph.ints(1)]);
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
      read: async () => bytesOf(await read()),
    });
  }
}

/** Of a parameter; outputs are called "cls" and "registers" too. */
function fileName(name: string): string {
  return `backbone.${name}`;
}

/** The end of a slice that has none. */
const lastOfAll = Number.MAX_SAFE_INTEGER;
