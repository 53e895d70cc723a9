/**
 * The ConvNeXt as an ONNX graph: what model/convnext.ts computes. Convolutions of the standard have
 * their channels first, products and norms have them last, so a map is turned round within each block.
 */
import {
  expansion,
  kernelSide,
  reductions,
  stageBlock,
  stageName,
  type ConvNextConfig,
} from "../model/convnext-config.ts";
import { activationGraph } from "./activation-graph.ts";
import { gridGraph } from "./grid-graph.ts";
import { NetworkParts, type GraphOptions } from "./network-parts.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { channelsLast } from "./stored-weights.ts";

export interface ConvNextGraphOptions extends GraphOptions {
  readonly config: ConvNextConfig;
}

/** Inputs and outputs: backboneGraph. */
export function convNextGraph(options: ConvNextGraphOptions): OnnxGraph {
  return new ConvNextBuilder(options).build();
}

class ConvNextBuilder {
  private readonly parts: NetworkParts;
  private readonly graph: OnnxGraph;

  constructor(private readonly options: ConvNextGraphOptions) {
    this.parts = new NetworkParts(options, options.config.normEpsilon);
    this.graph = this.parts.graph;
  }

  build(): OnnxGraph {
    const { parts, graph, options } = this;
    const { blocks, width: d } = options.config;
    const image = parts.image();
    let map = this.stem(image);
    for (const [k, count] of blocks.entries()) {
      if (k > 0) map = this.reduced(k, map, image);
      for (let i = 0; i < count; i++) map = this.block(k, i, map);
    }
    const places = parts.numbers.whole(this.tokens(map, d));
    // Its mean stands before the places, and the final norm is over both.
    const all = graph.node("Concat", [parts.mean(places, 1), places], { axis: 1 });
    const how = { width: d, registers: 0, prefix: 1, hasClass: true };
    parts.outputs(parts.norm("norm", all, d), how);
    return graph;
  }

  /** Patches of 4 x 4 pixels, then a norm. @returns [batch, d, rows, cols] */
  private stem(image: string): string {
    const { parts, graph } = this;
    const [side, d] = [reductions[0], this.options.config.widths[0]];
    const name = `${stageName(0)}.reduce`;
    const weights = [
      parts.param(`${name}.weight`, [d, 3, side, side]),
      parts.param(`${name}.bias`, [d]),
    ];
    const seen = graph.node("Conv", [image, ...weights], {
      kernel_shape: [side, side],
      strides: [side, side],
    });
    const last = graph.node("Transpose", [seen], { perm: [0, 2, 3, 1] });
    const normed = parts.norm(`${name}.norm`, last, d);
    return parts.numbers.half(graph.node("Transpose", [normed], { perm: [0, 3, 1, 2] }));
  }

  /** A norm, then 2 x 2 places as one: a product, which is what a stride of the kernel's side makes of it. */
  private reduced(k: number, map: string, image: string): string {
    const { parts, graph } = this;
    const { widths } = this.options.config;
    const [inner, d, side] = [widths[k - 1]!, widths[k]!, reductions[k]!];
    const name = `${stageName(k)}.reduce`;
    const normed = parts.norm(`${name}.norm`, parts.numbers.whole(this.tokens(map, inner)), inner);
    const { rows, cols } = gridGraph(graph, image, patchOf(k));
    const shape = (...sizes: string[]) => graph.node("Concat", sizes, { axis: 0 });
    const cut = graph.node("Reshape", [
      normed,
      shape(graph.ints(-1), rows, graph.ints(side), cols, graph.ints(side * inner)),
    ]);
    const turned = graph.node("Transpose", [cut], { perm: [0, 1, 3, 2, 4] });
    const joined = shape(
      graph.ints(-1),
      graph.node("Mul", [rows, cols]),
      graph.ints(side * side * inner),
    );
    const squares = parts.numbers.half(graph.node("Reshape", [turned, joined]));
    const product = parts.linear(squares, {
      name,
      inner: side * side * inner,
      outer: d,
      hasBias: true,
      arrange: (stored) => channelsLast(stored, d, inner, side * side),
    });
    return this.asMap(product, shape(graph.ints(-1, d), rows, cols));
  }

  /** x + scale * Down(gelu(Up(norm(Conv(x))))), the convolution channel by channel. */
  private block(k: number, i: number, x: string): string {
    const { parts, graph, options } = this;
    const { numbers } = parts;
    const d = options.config.widths[k]!;
    const name = stageBlock(k, i);
    const kernel = [d, 1, kernelSide, kernelSide];
    const weights = [
      numbers.half(parts.param(`${name}.conv.weight`, kernel)),
      numbers.half(parts.param(`${name}.conv.bias`, [d])),
    ];
    const near = graph.node("Conv", [x, ...weights], {
      kernel_shape: [kernelSide, kernelSide],
      pads: Array.from({ length: 4 }, () => (kernelSide - 1) / 2),
      group: d,
    });
    const normed = parts.norm(`${name}.norm`, numbers.whole(this.tokens(near, d)), d);
    const hidden = this.widened(numbers.half(normed), `${name}.up`, d);
    const branch = parts.linear(hidden, {
      name: `${name}.down`,
      inner: expansion * d,
      outer: d,
      hasBias: true,
      scale: `${name}.scale`,
    });
    return graph.node("Add", [x, this.asMap(branch, graph.node("Shape", [x]))]);
  }

  /** gelu(x W^T + bias) */
  private widened(x: string, name: string, d: number): string {
    const { parts, graph, options } = this;
    const { opset, isFused } = options;
    const how = { name, inner: d, outer: expansion * d, hasBias: true };
    if (isFused) {
      return graph.node("com.microsoft.BiasGelu", [parts.product(x, how), parts.bias(how)]);
    }
    const { numbers } = parts;
    return activationGraph(graph, parts.linear(x, how), "gelu", { opset, numbers });
  }

  /** [batch, d, rows, cols] to [batch, rows * cols, d] */
  private tokens(map: string, d: number): string {
    const { graph } = this;
    const flat = graph.node("Reshape", [map, graph.ints(0, d, -1)]);
    return graph.node("Transpose", [flat], { perm: [0, 2, 1] });
  }

  /** The way back. @param shape int64 [4] */
  private asMap(tokens: string, shape: string): string {
    const { graph } = this;
    const turned = graph.node("Transpose", [tokens], { perm: [0, 2, 1] });
    return graph.node("Reshape", [turned, shape]);
  }
}

/** Side in pixels of a place of stage k. */
function patchOf(k: number): number {
  return reductions.slice(0, k + 1).reduce((product, side) => product * side, 1);
}
