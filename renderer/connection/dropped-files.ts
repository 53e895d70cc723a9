/** What was dropped: photographs, models, sessions and folders of them, told apart by their names. */

import { sessionEnding } from "../../engine/protocol/session-file.ts";

/** A file, and where it lay in the folder that was dropped; the name alone when it was no folder. */
export interface DroppedFile {
  readonly path: string;
  readonly file: File;
}

export interface Dropped {
  /** In the order in which they lay there. */
  readonly images: readonly DroppedFile[];
  /** Names of model files, and of folders with one inside. */
  readonly models: readonly string[];
  /** Of a view with all it needs. */
  readonly sessions: readonly DroppedFile[];
  /** None of these; the engine says of a single one what it is. */
  readonly others: readonly DroppedFile[];
}

const imageName = /\.(jpe?g|png|webp|avif|gif|tiff?|heic|heif|bmp|svg|jxl)$/i;
/** Every container that the engine opens, and ONNX, of which it says that it does not. */
const modelName =
  /\.(safetensors|safetensors\.index\.json|bin\.index\.json|pth?|bin|ckpt|tar|pkl|np[yz]|distcp|onnx)$/i;
/** A model's folder is full of these; they are no photographs that went wrong. */
const besideModel = /(^|\/)(\.[^/]*|[^/]*\.(json|md|txt|gitattributes))$/i;

export function sortDropped(files: readonly DroppedFile[]): Dropped {
  const models = new Set<string>();
  for (const { path } of files) {
    const [folder = path] = path.split("/");
    if (modelName.test(path)) models.add(folder);
  }
  const isSession = ({ path }: DroppedFile) => path.toLowerCase().endsWith(sessionEnding);
  const sessions = files.filter(isSession);
  const rest = files.filter((one) => !modelName.test(one.path) && !isSession(one));
  const images = rest.filter(({ path, file }) => isImage(path, file));
  const others = rest.filter(
    ({ path, file }) => !isImage(path, file) && !(path.includes("/") && besideModel.test(path)),
  );
  return { images, models: [...models], sessions, others };
}

const isImage = (path: string, file: File) =>
  imageName.test(path) || file.type.startsWith("image/");

const mostFiles = 200;

/** Everything in what was dropped, folders opened. Call it in the drop's own event. */
export async function readDropped(transfer: DataTransfer): Promise<DroppedFile[]> {
  // Both must be taken before anything is awaited: the transfer is empty afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) {
    return files.map((file) => ({ path: file.name, file }));
  }
  const found: DroppedFile[] = [];
  for (const entry of entries) if (entry) await walk(entry, entry.name, found);
  return found;
}

async function walk(entry: FileSystemEntry, path: string, found: DroppedFile[]): Promise<void> {
  if (found.length >= mostFiles) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  while (true) {
    // A folder is told in parts; the last part is empty.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return;
    const inOrder = part.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    for (const one of inOrder) await walk(one, `${path}/${one.name}`, found);
  }
}
