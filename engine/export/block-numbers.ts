/** What the blocks of an exported model compute in: float32, or float16 between casts. */
import { elementType } from "../compiler/onnx-proto.ts";
import { floatGraph } from "./grid-graph.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

export class BlockNumbers {
  constructor(
    private readonly graph: OnnxGraph,
    private readonly isHalf: boolean,
  ) {}

  /** float32 to the type that the blocks compute in. */
  half(x: string): string {
    return this.isHalf ? this.graph.node("Cast", [x], { to: elementType.float16 }) : x;
  }

  /** The other way. */
  whole(x: string): string {
    return this.isHalf ? floatGraph(this.graph, x) : x;
  }
}
