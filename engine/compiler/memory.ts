/** How much memory a graph needs while it runs, from the lifetimes of its values. */
import { sizeOf, type Graph, type Value } from "./graph.ts";

const elementBytes = { float32: 4, int32: 4, bool: 1 } as const;

/**
 * Most bytes of computed values that are alive at once, if each is freed after its last use. Leaves
 * out inputs, weights and what an operator needs inside.
 */
export function peakBytes(graph: Graph): number {
  const bytesOf = ({ shape, dtype }: Value) => sizeOf(shape) * elementBytes[dtype];
  const lastUse = new Map<Value, number>();
  graph.nodes.forEach(({ inputs, outputs }, i) => {
    for (const value of [...inputs, ...outputs]) lastUse.set(value, i);
  });
  for (const value of graph.outputs.values()) lastUse.set(value, Infinity);
  const computed = new Set<Value>();
  let alive = 0;
  let peak = 0;
  graph.nodes.forEach(({ inputs, outputs }, i) => {
    for (const value of outputs) {
      computed.add(value);
      alive += bytesOf(value);
    }
    peak = Math.max(peak, alive);
    for (const value of new Set([...inputs, ...outputs])) {
      if (computed.has(value) && lastUse.get(value) === i) alive -= bytesOf(value);
    }
  });
  return peak;
}
