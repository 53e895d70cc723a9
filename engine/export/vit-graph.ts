/**
 * The vision transformer as an ONNX graph: what model/backbone.ts computes, in the operators of the
 * standard.
 */
import { hasClassToken, prefixTokens, traitsOf, type VitConfig } from "../model/config.ts";
import { blockName, paramShapes } from "../model/params.ts";
import { activationGraph, siluGraph } from "./activation-graph.ts";
import { attentionGraph } from "./attention-graph.ts";
import { gridGraph, type GridValues } from "./grid-graph.ts";
import { NetworkParts, type GraphOptions, type Linear } from "./network-parts.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { positionGraph } from "./position-graph.ts";
import { ropeGraph, type PairRope } from "./rope-graph.ts";
import { pairOrder, patchKernel, sum } from "./stored-weights.ts";
import {
  filledUp,
  windowAttentionGraph,
  windowValues,
  type WindowAttentionOptions,
  type WindowValues,
} from "./window-graph.ts";

export interface VitGraphOptions extends GraphOptions {
  readonly config: VitConfig;
}

/** Inputs and outputs: backboneGraph. */
export function vitGraph(options: VitGraphOptions): OnnxGraph {
  return new VitBuilder(options).build();
}

class VitBuilder {
  private readonly parts: NetworkParts;
  private readonly graph: OnnxGraph;

  constructor(private readonly options: VitGraphOptions) {
    this.parts = new NetworkParts(options, options.config.normEpsilon);
    this.graph = this.parts.graph;
  }

  build(): OnnxGraph {
    const { parts, graph, options } = this;
    const { config } = options;
    const { numbers } = parts;
    const { width, registers } = config;
    const image = parts.image();
    const grid = gridGraph(graph, image, config.patch);
    let x = numbers.half(this.embed(image, grid));
    const tables = ropeGraph(graph, config, grid, options.rope);
    const rope = tables && this.halfRope(tables);
    const windows = traitsOf(config).windows;
    const tiles = windows && windowValues(graph, grid, windows.side);
    for (let k = 0; k < config.depth; k++) {
      const isWhole = windows?.wholeBlocks.includes(k) === true;
      x = this.block(k, x, { rope, grid, tiles: isWhole ? undefined : tiles });
    }
    const last = numbers.whole(x);
    const out = traitsOf(config).hasFinalNorm ? parts.norm("norm", last, width) : last;
    const hasClass = hasClassToken(config);
    parts.outputs(out, { width, registers, prefix: prefixTokens(config), hasClass });
    return graph;
  }

  private halfRope({ first, second }: PairRope): PairRope {
    const { numbers } = this.parts;
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
    const kernel = this.parts.param("patch.weight", [d, 3, p, p], async () =>
      patchKernel(await read("patch.weight"), config),
    );
    const bias = traits.hasPatchBias ? [this.parts.param("patch.bias", [d])] : [];
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
      prefix.push(this.parts.param("cls", [1, 1, d], table?.hasClass ? placedClass : undefined));
    }
    const stored = registers + (classToken === "first register" ? 1 : 0);
    if (stored > 0) prefix.push(this.parts.param("registers", [1, stored, d]));
    const all = prefix.length > 0 ? this.behind(image, prefix, own) : own;
    return traits.isNormedBefore ? this.parts.norm("before", all, d) : all;
  }

  /** @param prefix each [1, n, d], the same for every picture */
  private behind(image: string, prefix: readonly string[], own: string): string {
    const { graph } = this;
    const joined = prefix.length > 1 ? graph.node("Concat", prefix, { axis: 1 }) : prefix[0]!;
    const count = graph.node("Shape", [image], { start: 0, end: 1 });
    const shape = graph.node("Concat", [count, graph.ints(1, 1)], { axis: 0 });
    return graph.node("Concat", [graph.node("Expand", [joined, shape]), own], { axis: 1 });
  }

  private block(k: number, x: string, { rope, grid, tiles }: Surroundings): string {
    const { parts, graph, options } = this;
    const { numbers } = parts;
    const { config, opset, isFused } = options;
    const { width: d, hidden, bias } = config;
    const { hasLayerScale, activation, windows } = traitsOf(config);
    const at = (name: string) => `${blockName(k)}.${name}`;
    const scale = (name: string) => (hasLayerScale ? at(name) : undefined);
    const normed = parts.norm(at("norm1"), numbers.whole(x), d);
    const attend = numbers.half(tiles ? filledUp(graph, normed, d, tiles) : normed);
    const order = pairOrder(config);
    const linear = (from: string, name: string, how: Omit<Linear, "name">) =>
      parts.linear(from, { ...how, name: at(name) });
    const own = { inner: d, outer: d };
    const queries = linear(attend, "query", { ...own, hasBias: bias.query, order });
    const keys = linear(attend, "key", { ...own, hasBias: bias.key, order });
    const values = linear(attend, "value", { ...own, hasBias: bias.value });
    const inputs = { queries, keys, values };
    const how = { config, numbers, isFused };
    const mixed = windows
      ? windowAttentionGraph(graph, inputs, {
          ...how,
          grid,
          windows: tiles,
          tables: this.tables(k),
        })
      : attentionGraph(graph, inputs, { ...how, rope });
    const projection = { ...own, hasBias: bias.projection, scale: scale("scale1") };
    const y = graph.node("Add", [x, linear(mixed, "projection", projection)]);

    const f = numbers.half(parts.norm(at("norm2"), numbers.whole(y), d));
    const widening = { inner: d, outer: hidden, hasBias: bias.feedForward };
    const up = linear(f, "up", widening);
    const wide =
      config.feedForward === "mlp"
        ? activationGraph(graph, up, activation, { opset, numbers })
        : graph.node("Mul", [siluGraph(graph, linear(f, "gate", widening)), up]);
    const narrowing = { inner: hidden, outer: d, hasBias: bias.feedForward };
    const down = linear(wide, "down", { ...narrowing, scale: scale("scale2") });
    return graph.node("Add", [y, down]);
  }

  /** Of the bias by distance in a block. */
  private tables(k: number): WindowAttentionOptions["tables"] {
    const { config } = this.options;
    const shapes = paramShapes(config);
    const table = (along: "Rows" | "Cols") => {
      const name = `${blockName(k)}.relative${along}`;
      const [length] = shapes[name]!;
      const stored = this.parts.param(name, [length!, config.width / config.heads]);
      return { stored, s: (length! + 1) / 2 };
    };
    const [rows, cols] = [table("Rows"), table("Cols")];
    return { rows: rows.stored, cols: cols.stored, s: { rows: rows.s, cols: cols.s } };
  }
}

/** What a block knows of the picture. */
interface Surroundings {
  readonly rope: PairRope | undefined;
  readonly grid: GridValues;
  /** Absent where a block sees the whole picture. */
  readonly tiles: WindowValues | undefined;
}
