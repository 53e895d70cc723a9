/** What torch.save writes since PyTorch 1.6: a ZIP archive of one pickle and of storages as raw bytes. */
import { EngineError } from "../protocol/errors.ts";
import { checkpointNames } from "./allowed-names.ts";
import type { ByteRange } from "./byte-range.ts";
import type { Pickled } from "./pickled.ts";
import { torchStorage, type TorchStorage } from "./torch-objects.ts";
import type { PieceBytes } from "./stored-tensor.ts";
import { maxPickleBytes, unpickleWhole } from "./unpickle.ts";
import { findEntryData, readEntry, readZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** A pickle of PyTorch's and where the storages lie that its tensors are views of. */
export interface TorchSave {
  readonly root: Pickled;
  readonly pickleBytes: number;
  readonly isBigEndian: boolean;
  /**
   * Where a storage begins.
   * @throws EngineError "weights.format" where the file does not have it whole
   */
  readonly place: (storage: TorchStorage) => Promise<PieceBytes>;
  /** As {@link place}, without finding out where it is: whether it is there whole. */
  readonly check: (storage: TorchStorage) => void;
}

/** A pickle that deflates better than this was made to. */
const maxPickleInflation = 100;

/**
 * @param archive the file, or its part where several archives lie in one file
 * @throws EngineError "weights.format"
 */
export async function readTorchZip(archive: ByteRange): Promise<TorchSave> {
  const entries = new Map(
    (await readZipDirectory(archive)).map((entry) => [entry.name, entry] as const),
  );
  const { root, pickle } = findPickle([...entries.values()], archive.path);
  if (pickle.isCompressed && pickle.sizeBytes > 2 ** 20 + maxPickleInflation * pickle.storedBytes) {
    throw new EngineError(
      "weights.format",
      `${archive.path}: "${pickle.name}" claims that ${pickle.storedBytes} bytes inflate to ${pickle.sizeBytes}`,
      { hint: "The file was made to deceive." },
    );
  }
  const order = entries.get(`${root}byteorder`);
  const isBigEndian =
    order !== undefined && (await readEntry(archive, order, 64)).toString("latin1") === "big";
  const bytes = await readEntry(archive, pickle, maxPickleBytes);
  const where = `${archive.path}, ${pickle.name}`;
  const value = unpickleWhole(bytes, { where, names: checkpointNames, persistent: torchStorage });
  const entryOf = (storage: TorchStorage): ZipEntry => {
    const entry = entries.get(`${root}data/${storage.key}`);
    if (entry && storage.rootBytes <= entry.sizeBytes) return entry;
    const found = entry ? `has ${entry.sizeBytes}` : "is not there";
    throw new EngineError(
      "weights.format",
      `${archive.path}: a storage of ${storage.rootBytes} bytes is expected in "${root}data/${storage.key}", which ${found}`,
      { hint: "The file is cut short or damaged: download or copy it again." },
    );
  };
  return {
    root: value,
    pickleBytes: bytes.length,
    isBigEndian,
    check: (storage) => void entryOf(storage),
    place: async (storage) => {
      const entry = entryOf(storage);
      const start = await archive.reopened((again) => findEntryData(again, entry));
      const byteOffset = archive.start + start;
      const { path } = archive;
      if (!entry.isCompressed) return { kind: "file", path, byteOffset };
      const { storedBytes, sizeBytes } = entry;
      return { kind: "deflated", path, byteOffset, storedBytes, sizeBytes, skipBytes: 0 };
    },
  };
}

/** Whether an archive is PyTorch's, by the names in it. */
export function isTorchZip(entries: readonly ZipEntry[]): boolean {
  return entries.some(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
}

/** The one pickle of objects, beneath a folder whose name is anybody's. */
function findPickle(entries: readonly ZipEntry[], path: string) {
  const pickles = entries.filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle, second] = pickles;
  const root = pickle?.name.slice(0, -"data.pkl".length);
  if (entries.some(({ name }) => name === `${root ?? ""}constants.pkl`)) {
    throw new EngineError(
      "weights.format",
      `${path}: expected weights, received a TorchScript program`,
      {
        hint: "Save model.state_dict() of the model itself with torch.save.",
      },
    );
  }
  if (pickle && !second && root !== undefined) return { root, pickle };
  throw new EngineError(
    "weights.format",
    `${path}: expected one data.pkl in the archive, found ${pickles.length}`,
    { hint: "Only what torch.save writes is read; save model.state_dict() with it." },
  );
}
