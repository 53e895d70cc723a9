/** The batches that a recipe asks for. */
import type { BatchSource } from "../data/batch.ts";
import { openFolderSource } from "../data/folder-source.ts";
import { openRecordedSource } from "../data/recorded.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Recipe } from "../recipe/recipe.ts";

/**
 * @param recipe of the phase
 * @throws EngineError of the source, before anything else is made
 */
export function openSource(
  recipe: Recipe,
  patch: number,
  { mean, std }: Pick<Preprocessor, "mean" | "std">,
  threadFile?: string,
): Promise<BatchSource> {
  const { kind, path } = recipe.data;
  switch (kind) {
    case "folder":
      return openFolderSource({ folder: path!, recipe, patch, mean, std, threadFile });
    case "recorded": {
      const { batchSize, localCrops } = recipe;
      return openRecordedSource(path!, { batchSize, localCrops, patch });
    }
    case "scenes":
      return Promise.reject(
        new EngineError("option.invalid", 'data.kind "scenes" is not built yet', {
          hint: "Use a folder of images.",
        }),
      );
  }
}
