/** The sizes of a projection head, read off its tensors. */
import { headShapes, type HeadShape } from "../model/head.ts";
import { EngineError } from "../protocol/errors.ts";
import type { HostTensors } from "./tensor-file.ts";

/**
 * @param tensors of one head, in the official spelling: mlp.0.weight ... last_layer.weight
 * @param where the file and the head, for messages
 * @throws EngineError "weights.missing", "weights.shape", "weights.extra"
 */
export function deriveHead(tensors: HostTensors, where: string): HeadShape {
  const sizes = (name: string) => tensors[name]?.shape ?? [];
  const [hidden = 0, width = 0] = sizes("mlp.0.weight");
  const [prototypes = 0, bottleneck = 0] = sizes("last_layer.weight");
  const shape = { width, hidden, bottleneck, prototypes };
  const shapes = headShapes(shape);
  for (const [name, expected] of Object.entries(shapes)) {
    const tensor = tensors[name];
    if (!tensor) {
      throw new EngineError("weights.missing", `${where}${name}: file has no such tensor`, {
        hint: "The file is incomplete.",
      });
    }
    if (tensor.shape.join() !== expected.join()) {
      throw new EngineError(
        "weights.shape",
        `${where}${name}: expected [${expected.join(", ")}], file has [${tensor.shape.join(", ")}]`,
        { hint: "The layers of a head must fit to one another." },
      );
    }
  }
  const extra = Object.keys(tensors).find((name) => !Object.hasOwn(shapes, name));
  if (extra === undefined) return shape;
  throw new EngineError("weights.extra", `${where}${extra}: expected no such tensor`, {
    hint: "The file holds more than a head has.",
  });
}
