/** The models that are open: found once, checked once, known by an id that holds no path. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import os from "node:os";
import { LRUCache } from "lru-cache";
import { describePreprocessor } from "../image/preprocessor.ts";
import { namedVariants, recognise } from "../model/config.ts";
import { countParameters } from "../model/params.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ModelCard } from "../protocol/messages.ts";
import { checkFinite } from "../weights/check-finite.ts";
import { writableNames } from "../weights/choose-form.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import type { Control } from "./control.ts";

export interface OpenModel extends ModelFiles {
  readonly card: ModelCard;
}

/**
 * Whoever scrubs through a run opens its checkpoints one after the other: the one unused for longest
 * makes room. What is known of a model is some hundred kilobytes; its weights stay in their files.
 */
export const mostOpen = 64;

export class Models {
  private readonly open = new LRUCache<string, OpenModel>({ max: mostOpen });

  /** @param onReplaced told of ids whose files have changed; they are not open any more */
  constructor(private readonly onReplaced: (id: string) => void) {}

  /**
   * Open a model, or find it again when its files have not changed. The id is the same in every
   * session over the same files, so it outlives a compute thread.
   * @throws EngineError as openModelFiles and checkFinite; "memory" when it cannot fit
   */
  async openPath(path: string, { signal, progress }: Control): Promise<OpenModel> {
    const files = await openModelFiles(path);
    const id = await idOf(files);
    const earlier = this.open.get(id);
    if (earlier) return earlier;
    refuseTooLarge(files);
    await checkFinite(files, signal, ({ fraction, label, remainingMs }) =>
      progress(fraction, label, remainingMs),
    );
    const model = { ...files, card: cardOf(id, files) };
    for (const [otherId, other] of this.open) {
      if (otherId === id || !isSamePlace(other, files)) continue;
      // Its programs would read the new bytes under the old name.
      this.open.delete(otherId);
      this.onReplaced(otherId);
    }
    this.open.set(id, model);
    return model;
  }

  /** @throws EngineError "option.invalid" for an id that was never handed out */
  get(id: string): OpenModel {
    const model = this.open.get(id);
    if (model) return model;
    throw new EngineError("option.invalid", `model: no model with the id "${id}" is open`, {
      hint: "Open the model again: its files have changed, or the engine was started anew.",
    });
  }
}

/** From everything that was read of the model, and from when its weight files last changed. */
async function idOf(files: ModelFiles): Promise<string> {
  const times = await Promise.all(
    weightPaths(files).map(async (path) => (await stat(path)).mtimeMs),
  );
  const state = JSON.stringify([files, times]);
  return `m${createHash("sha256").update(state).digest("hex").slice(0, 16)}`;
}

function isSamePlace(one: ModelFiles, other: ModelFiles): boolean {
  return one.directory === other.directory && weightPaths(one).join() === weightPaths(other).join();
}

function weightPaths({ params }: ModelFiles): string[] {
  const paths = Object.values(params).flatMap((source) =>
    source.kind === "file" ? [source.path] : [],
  );
  return [...new Set(paths)];
}

/** The runtime holds the weights as float32, packed for its products. */
function refuseTooLarge({ config, name }: ModelFiles): void {
  const needed = 4 * countParameters(config);
  const total = os.totalmem();
  if (needed < 0.9 * total) return;
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;
  throw new EngineError(
    "memory",
    `${name} needs ${gigabytes(needed)} for its weights alone; this machine has ${gigabytes(total)}`,
    { hint: "Use a smaller variant, or run the engine on a larger machine: gramscope serve." },
  );
}

function cardOf(id: string, files: ModelFiles): ModelCard {
  const { config } = files;
  const variant = files.variant;
  const released = config.architecture === undefined ? recognise(config) : undefined;
  return {
    id,
    name: released && files.trained ? namedVariants[released].title : files.name,
    variant: variant ?? "custom",
    source: files.directory,
    path: files.path,
    trained: files.trained,
    ...(files.note === undefined ? {} : { note: files.note }),
    ...(files.licence === undefined ? {} : { licence: files.licence }),
    parameters: countParameters(config),
    width: config.width,
    depth: config.depth,
    registers: config.registers,
    patch: config.patch,
    ...(config.architecture === "convnext"
      ? { heads: 0, feedForward: "mlp", stages: { widths: config.widths, blocks: config.blocks } }
      : { heads: config.heads, feedForward: config.feedForward }),
    dtype: files.dtype,
    preprocess: describePreprocessor(files.preprocessor),
    rescale: files.preprocessor.rescaleFactor,
    mean: files.preprocessor.mean,
    std: files.preprocessor.std,
    names: writableNames(files),
  };
}
