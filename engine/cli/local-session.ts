/** A session in this process over image files: what every verb but `serve` works with. */
import os from "node:os";
import path from "node:path";
import { chooseExecutor } from "../executors/choose.ts";
import { decodeImage, type DecodedImage } from "../image/decode.ts";
import { readImageFile } from "../image/read-image-file.ts";
import { preprocess } from "../image/preprocess.ts";
import type { ExecutorReport, ModelCard } from "../protocol/messages.ts";
import type { Control } from "../session/control.ts";
import { Session } from "../session/session.ts";
import type { LookOptions } from "./options.ts";
import { terminalProgress } from "./terminal-progress.ts";

export interface LocalSession {
  readonly session: Session;
  readonly model: ModelCard;
  readonly control: Control;
  readonly executors: readonly ExecutorReport[];
  /** Open an image file; its id is its path. */
  openImage(file: string): Promise<{ id: string; decoded: DecodedImage }>;
  /** Forget its pixels and what was computed from it. */
  closeImage(id: string): void;
  dispose(): Promise<void>;
}

/**
 * @param memory bytes to keep of tokens and of programs
 * @throws EngineError when the executor or the model cannot be had
 */
export async function openLocalSession(
  options: Pick<LookOptions, "model" | "device" | "rope">,
  memory = memoryBudget(),
): Promise<LocalSession> {
  const { executor, reports } = await chooseExecutor(options.device);
  const images = new Map<string, DecodedImage>();
  const decoded = (id: string) => {
    const image = images.get(id);
    if (!image) throw new Error(`internal: ${id} was not opened`);
    return image;
  };
  const session = new Session({
    executor,
    rope: options.rope,
    ...memory,
    pixels: {
      describe: (id) => {
        const { width, height } = decoded(id);
        return Promise.resolve({ name: path.basename(id), width, height });
      },
      input: (id, geometry, preprocessor) =>
        Promise.resolve(preprocess(decoded(id), geometry, preprocessor)),
    },
  });
  const control = terminalProgress();
  const model = await session.openModel(options.model, control);
  return {
    session,
    model,
    control,
    executors: reports,
    openImage: async (file) => {
      const image = await decodeImage(await readImageFile(file), path.basename(file));
      const id = path.resolve(file);
      images.set(id, image);
      return { id, decoded: image };
    },
    closeImage: (id) => {
      images.delete(id);
      session.forgetImage(id);
    },
    dispose: () => session.dispose(),
  };
}

/** A fifth of memory for tokens, half for models: the rest is the runtime's and the system's. */
export function memoryBudget(): { featureBytes: number; programBytes: number } {
  const total = os.totalmem();
  return { featureBytes: Math.floor(total / 5), programBytes: Math.floor(total / 2) };
}
