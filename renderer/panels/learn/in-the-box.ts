/** Where the things in the box lie on the engine's machine, for lessons that use them. */
import type { Look } from "../../store/look.ts";

/** @returns undefined until the engine has said where its samples are */
export function boxPath(state: Pick<Look, "recipes">, name: string): string | undefined {
  const samples = state.recipes?.samplesFolder;
  return samples?.replace(/samples[\\/]*$/, name);
}

export const checkpointPath = (state: Look, name: "early" | "middle" | "long") =>
  boxPath(state, `run-in-the-box/checkpoints/${name}`);
