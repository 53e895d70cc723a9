/** From a path that a person named to what the page is given: photographs, a model, or a reason why not. */
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { NamedBytes, Opened, RecentFile } from "./desktop.ts";

/** Without the dot, as file dialogs want them. */
export const imageExtensions = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "avif"];

/** Of a session's file; the engine has the same in engine/protocol/session-file.ts. */
export const sessionEnding = ".gramscope.json";

/**
 * Files that the engine's "model.open" looks into; what is in them it finds out itself. Electron sees no
 * code of the engine, so the list is written twice, and a test holds the two together.
 */
export const modelEndings = [
  ".safetensors",
  ".safetensors.index.json",
  ".bin.index.json",
  ".pth",
  ".pt",
  ".bin",
  ".ckpt",
  ".tar",
  ".pkl",
  ".npz",
  ".npy",
] as const;
/**
 * Names that make a folder a model: of transformers, of a distributed checkpoint, of a run and of a
 * checkpoint of one. A folder of photographs may well hold other files that could be weights.
 */
const modelFolder =
  /^(config\.json|pytorch_model\.bin(\.index\.json)?|\.metadata|run\.json)$|\.safetensors(\.index\.json)?$/i;
/** No photograph of 100 megapixels is larger, not even an uncompressed TIFF with 16 bits a channel. */
const maxImageBytes = 2 ** 30;
const maxImagesOfFolder = 50;

/** What was found, and which paths of it are worth remembering. */
export interface Found {
  readonly opened: readonly Opened[];
  readonly recent: readonly { readonly kind: RecentFile["kind"]; readonly path: string }[];
}

/** Photographs come together, whatever lay between them; everything else in the order given. */
export async function openPaths(given: readonly string[]): Promise<Found> {
  const files: NamedBytes[] = [];
  const others: Opened[] = [];
  const recent: Found["recent"][number][] = [];
  for (const file of given) {
    const found = await openPath(path.resolve(file));
    for (const opened of found.opened) {
      if (opened.kind === "images") files.push(...opened.files);
      else others.push(opened);
    }
    recent.push(...found.recent);
  }
  return { opened: [...(files.length > 0 ? [images(files)] : []), ...others], recent };
}

/** Whether a path is a photograph or a model by its name and content, without reading it. */
export async function kindOf(file: string): Promise<RecentFile["kind"] | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isDirectory()) return (await surveyFolder(file)).isModel ? "model" : undefined;
  if (!stats?.isFile()) return undefined;
  if (isSession(file)) return "session";
  if (isModelFile(file)) return "model";
  return isImage(file) ? "image" : undefined;
}

async function openPath(file: string): Promise<Found> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats) {
    return problem(
      `${file} is gone`,
      "It was moved, renamed or deleted. Open it from where it is.",
    );
  }
  if (stats.isDirectory()) return openFolder(file);
  if (isSession(file)) {
    return { opened: [{ kind: "session", path: file }], recent: [{ kind: "session", path: file }] };
  }
  if (isModelFile(file)) return model(file);
  if (!isImage(file)) {
    return problem(
      `${path.basename(file)} is neither a photograph, a model nor a session`,
      `Expected ${imageExtensions.join(", ")}, a file of weights (${modelEndings.join(", ")}), or a model's folder.`,
    );
  }
  if (stats.size > maxImageBytes) {
    const gigabytes = (stats.size / 2 ** 30).toFixed(1);
    return problem(
      `${path.basename(file)} is too large for a photograph: ${gigabytes} GB`,
      "At most 1 GB and 100 megapixels. Save a smaller copy of it.",
    );
  }
  try {
    const bytes = new Uint8Array(await readFile(file));
    const one = images([{ name: path.basename(file), bytes, path: file }]);
    return { opened: [one], recent: [{ kind: "image", path: file }] };
  } catch (error) {
    return problem(`${file} cannot be read: ${String(error)}`, "Check who may read the file.");
  }
}

/** A model's folder is the model; any other folder stands for the photographs in it. */
async function openFolder(folder: string): Promise<Found> {
  const name = path.basename(folder);
  const { isModel, photographs } = await surveyFolder(folder);
  if (isModel) {
    const found = model(folder);
    if (photographs.length === 0) return found;
    const both = problem(
      `${name} holds a model and ${photographs.length} photographs; the model was opened`,
      "Open the photographs themselves with File, Open image.",
    );
    return { opened: [...found.opened, ...both.opened], recent: found.recent };
  }
  if (photographs.length === 0) {
    return problem(
      `${name} holds neither a model nor photographs`,
      "A model's folder has a config.json and weights, as Hugging Face writes them, or is a run's or a checkpoint's.",
    );
  }
  const taken = photographs.slice(0, maxImagesOfFolder).map((file) => path.join(folder, file));
  // One folder would push everything else out of the recent files.
  const { opened } = await openPaths(taken);
  if (photographs.length === taken.length) return { opened, recent: [] };
  const rest = problem(
    `${name} holds ${photographs.length} photographs; the first ${taken.length} were opened`,
    "Open the others in smaller parts.",
  );
  return { opened: [...opened, ...rest.opened], recent: [] };
}

async function surveyFolder(folder: string) {
  const names = (await readdir(folder).catch(() => [])).sort();
  // A checkpoint of a run of ours is its state and its networks; an official run, its settings and these.
  const isCheckpoint = names.includes("state.json") && names.includes("teacher");
  const isOfficialRun =
    names.includes("config.yaml") && (names.includes("ckpt") || names.includes("eval"));
  return {
    isModel: isCheckpoint || isOfficialRun || names.some((name) => modelFolder.test(name)),
    photographs: names.filter(isImage),
  };
}

function isSession(file: string): boolean {
  return file.toLowerCase().endsWith(sessionEnding);
}

function isModelFile(file: string): boolean {
  return modelEndings.some((ending) => file.toLowerCase().endsWith(ending));
}

function isImage(file: string): boolean {
  return imageExtensions.includes(path.extname(file).slice(1).toLowerCase());
}

function images(files: readonly NamedBytes[]): Opened {
  return { kind: "images", files };
}

function model(file: string): Found {
  return { opened: [{ kind: "model", path: file }], recent: [{ kind: "model", path: file }] };
}

function problem(message: string, hint: string): Found {
  return { opened: [{ kind: "problem", message, hint }], recent: [] };
}
