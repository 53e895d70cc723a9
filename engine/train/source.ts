/** The batches that a recipe asks for. */
import type { BatchSource } from "../data/batch.ts";
import { openFolderSource } from "../data/folder-source.ts";
import { openRecordedSource } from "../data/recorded.ts";
import { openSceneSource } from "../data/scene-source.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import type { Recipe } from "../recipe/recipe.ts";

/**
 * @param recipe of the phase
 * @throws EngineError of the source, before anything else is made
 */
export async function openSource(
  recipe: Recipe,
  patch: number,
  { mean, std }: Pick<Preprocessor, "mean" | "std">,
  threadFile?: string,
): Promise<BatchSource> {
  const { kind, path } = recipe.data;
  const options = { recipe, patch, mean, std, threadFile };
  switch (kind) {
    case "folder":
      return openFolderSource({ folder: path!, ...options });
    case "recorded": {
      const { batchSize, localCrops } = recipe;
      return openRecordedSource(path!, { batchSize, localCrops, patch });
    }
    case "scenes":
      return openSceneSource(recipe.scenes, options);
  }
}
