/**
 * Graph in, graph out, the same numbers: drops what nothing reads, movement that moves nothing and
 * work done twice, and joins kernels that the runtime has as one operator.
 */
import type { Attributes, ConstantData, Graph, Node, Value } from "./graph.ts";
import { sameShape, sizeOf } from "./graph.ts";
import { fuse } from "./fuse.ts";

export function simplify(graph: Graph): Graph {
  const rewritten = dropDead(new Rewriter(graph).run());
  return dropDead(fuse(rewritten));
}

/** One pass from inputs to outputs; each node is replaced by a simpler one or by a known value. */
class Rewriter {
  private readonly replaced = new Map<Value, Value>();
  private readonly constants: Map<Value, ConstantData>;
  private readonly producers = new Map<Value, Node>();
  private readonly seen = new Map<string, readonly Value[]>();
  private readonly nodes: Node[] = [];
  private nextId: number;

  constructor(private readonly graph: Graph) {
    this.constants = new Map(graph.constants);
    const ids = [...graph.nodes.flatMap(({ outputs }) => outputs), ...graph.constants.keys()];
    this.nextId = 1 + ids.reduce((highest, { id }) => Math.max(highest, id), 0);
  }

  run(): Graph {
    this.shareConstants();
    for (const node of this.graph.nodes) this.rewrite(node);
    return {
      ...this.graph,
      constants: this.constants,
      nodes: this.nodes,
      outputs: new Map([...this.graph.outputs].map(([name, value]) => [name, this.now(value)])),
    };
  }

  /** What a value of the old graph is called in the new one. */
  private now(value: Value): Value {
    return this.replaced.get(value) ?? value;
  }

  private rewrite(node: Node): void {
    const inputs = node.inputs.map((value) => this.now(value));
    const simple = this.simpler({ ...node, inputs });
    const known = this.knownResult(simple);
    if (known) this.replaced.set(node.outputs[0]!, known);
    else this.push(simple);
  }

  /** Append a node, unless the same work has been done before. */
  private push(node: Node): void {
    const ids = node.inputs.map(({ id }) => id).join(",");
    const key = `${node.kernel}(${ids})${JSON.stringify(node.attributes)}`;
    const earlier = this.seen.get(key);
    if (earlier) {
      node.outputs.forEach((value, i) => this.replaced.set(value, earlier[i]!));
      return;
    }
    this.seen.set(key, node.outputs);
    for (const value of node.outputs) this.producers.set(value, node);
    this.nodes.push(node);
  }

  /** The value that a node would only copy, or a constant that it would compute. */
  private knownResult({ kernel, inputs, outputs, attributes }: Node): Value | undefined {
    const [x, y] = inputs;
    const out = outputs[0]!;
    const same = x !== undefined && sameShape(x.shape, out.shape);
    switch (kernel) {
      case "Identity":
        return x;
      case "Reshape":
      case "ExpandDims":
      case "Tile":
      case "Slice":
      case "PadV2":
      case "BroadcastTo":
        if (same && x.dtype === out.dtype) return x;
        if (kernel !== "PadV2") return this.refill(x!, out);
        return undefined;
      case "Cast":
        return x!.dtype === out.dtype ? x : this.refill(x!, out);
      case "Transpose":
        return (attributes["perm"] as number[]).every((axis, i) => axis === i)
          ? x
          : this.refill(x!, out);
      case "Concat":
      case "AddN":
        return inputs.length === 1 ? x : undefined;
      case "RealDiv":
        return this.filledWith(y!) === 1 && same ? x : undefined;
      case "Add":
        if (this.filledWith(y!) === 0 && same) return x;
        if (this.filledWith(x!) === 0 && sameShape(y!.shape, out.shape)) return y;
        return undefined;
      case "Sub":
        return this.filledWith(y!) === 0 && same ? x : undefined;
      default:
        return undefined;
    }
  }

  /** The same node in a cheaper form. */
  private simpler(node: Node): Node {
    const [x, y] = node.inputs;
    const out = node.outputs[0]!;
    switch (node.kernel) {
      case "Reshape":
      case "ExpandDims": {
        // A chain of reshapes is its last one.
        const inner = this.producers.get(x!);
        const source = inner?.kernel === "Reshape" ? inner.inputs[0]! : x!;
        return { ...node, kernel: "Reshape", inputs: [source], attributes: { shape: out.shape } };
      }
      case "Transpose": {
        const inner = this.producers.get(x!);
        if (inner?.kernel !== "Transpose") return node;
        const [first, second] = [inner, node].map((n) => n.attributes["perm"] as number[]);
        const perm = second!.map((axis) => first![axis]!);
        return { ...node, inputs: [inner.inputs[0]!], attributes: { perm } };
      }
      case "Tile":
        // Repeating axes of length 1 is a broadcast, which needs no copy where it is consumed.
        return x!.shape.every((n, axis) => n === 1 || n === out.shape[axis])
          ? { ...node, kernel: "BroadcastTo", attributes: { shape: out.shape } }
          : node;
      case "Multiply":
        if (this.filledWith(y!) === 1) return this.broadcast(node, x!);
        if (this.filledWith(x!) === 1) return this.broadcast(node, y!);
        return this.withScalars(node);
      case "Add":
      case "Sub":
      case "RealDiv":
      case "Maximum":
      case "Minimum":
      case "Pow":
      case "SquaredDifference":
        return this.withScalars(node);
      case "BatchMatMul":
        return this.withFlags(node);
      default:
        return node;
    }
  }

  private broadcast(node: Node, x: Value): Node {
    const shape = node.outputs[0]!.shape;
    return { ...node, kernel: "BroadcastTo", inputs: [x], attributes: { shape } };
  }

  /** A filled tensor beside one that already has the result's shape is as good as a scalar. */
  private withScalars(node: Node): Node {
    const shape = node.outputs[0]!.shape;
    const [a, b] = node.inputs as [Value, Value];
    const scalar = (value: Value, other: Value) => {
      const fill = this.filledWith(value);
      const useful = fill !== undefined && value.shape.length > 0 && sameShape(other.shape, shape);
      return useful ? this.fill(fill, { ...value, shape: [] }) : value;
    };
    return { ...node, inputs: [scalar(a, b), scalar(b, a)] };
  }

  /** Transposes of the two last axes become flags of the product. */
  private withFlags(node: Node): Node {
    const attributes: Record<string, Attributes[string]> = { ...node.attributes };
    const inputs = node.inputs.map((value, i) => {
      const inner = this.producers.get(value);
      if (inner?.kernel !== "Transpose" || !swapsLastAxes(inner.attributes)) return value;
      const flag = i === 0 ? "transposeA" : "transposeB";
      attributes[flag] = !attributes[flag];
      return inner.inputs[0]!;
    });
    return { ...node, inputs, attributes };
  }

  private filledWith(value: Value): number | undefined {
    const data = this.constants.get(value);
    if (typeof data === "number") return data;
    return data?.length === 1 ? data[0] : undefined;
  }

  /** The filled constant x in the type of `out`, if x is filled. */
  private refill(x: Value, out: Value): Value | undefined {
    const fill = this.filledWith(x);
    return fill === undefined ? undefined : this.fill(fill, out);
  }

  private fill(fill: number, { shape, dtype }: Value): Value {
    const key = `fill ${fill} ${dtype}[${shape.join(",")}]`;
    const earlier = this.seen.get(key)?.[0];
    if (earlier) return earlier;
    const value: Value = { id: this.nextId++, shape, dtype };
    this.constants.set(value, fill);
    this.seen.set(key, [value]);
    return value;
  }

  /** Equal constants become one. Long ones are told apart by identity: comparing costs more. */
  private shareConstants(): void {
    const byContent = new Map<string, Value>();
    for (const [value, data] of this.graph.constants) {
      if (typeof data !== "number" && sizeOf(value.shape) > 64) continue;
      const content = typeof data === "number" ? `=${data}` : data.join(",");
      const key = `${value.dtype}[${value.shape.join(",")}]${content}`;
      const first = byContent.get(key);
      if (first) this.replaced.set(value, first);
      else byContent.set(key, value);
    }
  }
}

function swapsLastAxes(attributes: Attributes): boolean {
  const perm = attributes["perm"] as readonly number[];
  const rank = perm.length;
  return perm.every((axis, i) => {
    if (i < rank - 2) return axis === i;
    return axis === (i === rank - 2 ? rank - 1 : rank - 2);
  });
}

/** Keep what the outputs need. */
function dropDead(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs.values());
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    nodes.push(node);
    for (const value of node.inputs) needed.add(value);
  }
  return {
    ...graph,
    nodes: nodes.reverse(),
    params: new Map([...graph.params].filter(([, value]) => needed.has(value))),
    constants: new Map([...graph.constants].filter(([value]) => needed.has(value))),
  };
}
