/** Joins neighbouring kernels into operators that ONNX Runtime has as one. */
import type { Graph, Node, Value } from "./graph.ts";
import { sameShape } from "./graph.ts";

export function fuse(graph: Graph): Graph {
  return fuseSkipNorms(fuseLinear(graph));
}

/** matrix product + row vector -> Linear, where nothing else reads the product. */
function fuseLinear(graph: Graph): Graph {
  const producers = producerMap(graph.nodes);
  const uses = useCounts(graph);
  const absorbed = new Set<Node>();
  const nodes = graph.nodes.map((node): Node => {
    if (node.kernel !== "Add") return node;
    const [a, b] = node.inputs as [Value, Value];
    for (const [product, bias] of [
      [a, b],
      [b, a],
    ] as const) {
      const inner = producers.get(product);
      const isRow = bias.shape.length === 1 && bias.shape[0] === product.shape.at(-1);
      const isMatrix = product.shape.length === 2 && inner?.inputs.length === 2;
      if (inner?.kernel !== "BatchMatMul" || !isRow || !isMatrix) continue;
      if (uses.get(product) !== 1) continue;
      absorbed.add(inner);
      const { attributes } = inner;
      return {
        kernel: "Linear",
        inputs: [...inner.inputs, bias],
        attributes,
        outputs: node.outputs,
      };
    }
    return node;
  });
  return { ...graph, nodes: nodes.filter((node) => !absorbed.has(node)) };
}

/** residual sum + the layer norm that reads it -> SkipLayerNorm, which hands out both. */
function fuseSkipNorms(graph: Graph): Graph {
  const readers = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    for (const value of node.inputs) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  const produced = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const absorbed = new Set<Node>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (absorbed.has(node)) return [];
    const sum = node.outputs[0]!;
    const [x, skip] = node.inputs;
    const isResidual =
      node.kernel === "Add" && sum.shape.length === 3 && sameShape(x!.shape, skip!.shape);
    if (!isResidual) return [node];
    const norm = readers.get(sum)?.find(({ kernel }) => kernel === "LayerNorm");
    // The fused node stands where the sum stood, so weight and bias must be known by then.
    const [, weight, bias] = norm?.inputs ?? [];
    if (norm?.inputs[0] !== sum || produced.has(weight!) || produced.has(bias!)) {
      return [node];
    }
    absorbed.add(norm);
    return [
      {
        kernel: "SkipLayerNorm",
        inputs: [x!, skip!, weight!, bias!],
        attributes: norm.attributes,
        outputs: [norm.outputs[0]!, sum],
      },
    ];
  });
  return { ...graph, nodes };
}

function producerMap(nodes: readonly Node[]): Map<Value, Node> {
  return new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)));
}

/** How often each value is read, outputs included. */
function useCounts(graph: Graph): Map<Value, number> {
  const counts = new Map<Value, number>();
  const read = (value: Value) => counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(read);
  for (const value of graph.outputs.values()) read(value);
  return counts;
}
