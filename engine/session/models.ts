/** The models that are open: found once, checked once, known by an id that holds no path. */
import { stat } from "node:fs/promises";
import os from "node:os";
import { describePreprocessor } from "../image/preprocessor.ts";
import { countParameters } from "../model/params.ts";
import { namedVariants } from "../model/config.ts";
import { EngineError } from "../protocol/errors.ts";
import type { ModelCard } from "../protocol/messages.ts";
import { checkFinite } from "../weights/check-finite.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import type { Control } from "./control.ts";

export interface OpenModel extends ModelFiles {
  readonly card: ModelCard;
}

export class Models {
  private readonly open = new Map<string, OpenModel>();
  /** State of the files (path, size, time of change) -> id. */
  private readonly known = new Map<string, string>();

  /**
   * Open a model, or find it again when its files have not changed.
   * @throws EngineError as openModelFiles and checkFinite; "memory" when it cannot fit
   */
  async openPath(path: string, { signal, progress }: Control): Promise<OpenModel> {
    const files = await openModelFiles(path);
    const state = await fileState(files);
    const earlier = this.open.get(this.known.get(state) ?? "");
    if (earlier) return earlier;
    refuseTooLarge(files);
    await checkFinite(files, signal, ({ fraction, label, remainingMs }) =>
      progress(fraction, label, remainingMs),
    );
    const id = `m${this.known.size + 1}`;
    const model = { ...files, card: cardOf(id, files) };
    this.known.set(state, id);
    this.open.set(id, model);
    return model;
  }

  /** @throws EngineError "option.invalid" for an id that was never handed out */
  get(id: string): OpenModel {
    const model = this.open.get(id);
    if (model) return model;
    throw new EngineError("option.invalid", `model: no model with the id "${id}" is open`, {
      hint: "Open the model again; ids do not outlive the engine.",
    });
  }
}

async function fileState({ params, sizeBytes }: ModelFiles): Promise<string> {
  const paths = new Set(
    Object.values(params).flatMap((source) => (source.kind === "file" ? [source.path] : [])),
  );
  const stats = await Promise.all(
    [...paths].map(async (path) => `${path} ${(await stat(path)).mtimeMs}`),
  );
  return `${sizeBytes} ${stats.join(" ")}`;
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
  return {
    id,
    name: variant && files.trained ? namedVariants[variant].title : files.name,
    variant: variant ?? "custom",
    source: files.directory,
    trained: files.trained,
    ...(files.note === undefined ? {} : { note: files.note }),
    ...(files.licence === undefined ? {} : { licence: files.licence }),
    parameters: countParameters(config),
    width: config.width,
    depth: config.depth,
    heads: config.heads,
    registers: config.registers,
    patch: config.patch,
    feedForward: config.feedForward,
    dtype: files.dtype,
    preprocess: describePreprocessor(files.preprocessor),
  };
}
