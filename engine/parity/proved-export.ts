/** An export with its proof: written, loaded again as others would, compared, marked where it fails. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeze } from "../evaluation/frozen-backbone.ts";
import type { Executor } from "../executors/executor.ts";
import { type CalibrationImages } from "../export/calibrate.ts";
import { checkCalibration, checkOpset, writeOnnxFolder } from "../export/export-onnx.ts";
import { writeDirectory } from "../export/model-directory.ts";
import { appendMetadata } from "../export/read-onnx.ts";
import { writeWholeFolder } from "../files/whole-folder.ts";
import { countParameters } from "../model/params.ts";
import type { RopePrecision } from "../model/rope.ts";
import { describePositions } from "../model/describe-positions.ts";
import { EngineError } from "../protocol/errors.ts";
import {
  parityVersion,
  precisionsOf,
  type ExportParity,
  type ExportPrecision,
  type ExportWish,
  type ParityCard,
} from "../protocol/exporting.ts";
import { parseInputSize } from "../protocol/view.ts";
import type { Control } from "../session/control.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";
import { readScores } from "./card-scores.ts";
import { describeFiles, failedMark, listFiles, markFailed } from "./exported-files.ts";
import { findExports } from "./find-exports.ts";
import { writeModelCard } from "./model-card.ts";
import { findOrigin, type Origin } from "./origin.ts";
import type { ProofImages } from "./proof-images.ts";
import { proveExports, type Proof, type ProvedFile } from "./prove-exports.ts";
import { referenceFile, writeReference } from "./reference.ts";
import { engineSource, remembered } from "./token-source.ts";

export interface ExportJob extends Control {
  /** The CPU's, whatever else there is: both sides then round alike, and third parties have one. */
  readonly executor: () => Promise<Executor>;
  readonly rope: RopePrecision;
  readonly images: ProofImages;
  /** Where int8-static is wished for. */
  readonly calibration?: CalibrationImages | undefined;
}

export interface ProvedExport {
  /** Absolute; marked in its name where nothing in it passed. */
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly card?: ParityCard | undefined;
  /** Names from the folder. */
  readonly pictures: readonly {
    readonly name: string;
    readonly caption: string;
    readonly png: Uint8Array;
  }[];
}

/** The card in the folder, for programs and for people. */
export const cardFiles = { json: "parity.json", readme: "README.md" } as const;

/** Part of the progress that writing takes; the rest is the proof's. */
const writing = 0.3;

/**
 * @throws EngineError as openModelFiles; "option.invalid" for a precision that the format has not, an
 *   opset that is not there, and int8-static without photographs to calibrate on; "path.unwritable", "disk.full", "cancelled"; as proveExports. Nothing
 *   is left behind then. A failed proof is no error: see `card`
 */
export async function exportWithProof(wish: ExportWish, job: ExportJob): Promise<ProvedExport> {
  checkWish(wish);
  const opened = await openModelFiles(wish.model);
  const files = { ...opened, name: wish.name ?? opened.name, note: wish.note ?? opened.note };
  const executor = await job.executor();
  const { fingerprint } = await freeze(files, executor, { rope: job.rope });
  const work: Work = {
    wish,
    job,
    files,
    executor,
    about: describeModel(files, fingerprint, job.rope),
    origin: await findOrigin(files.directory),
  };
  const scores = await readScores(wish.scores, fingerprint);

  let card: ParityCard | undefined;
  let pictures: ProvedExport["pictures"] = [];
  const folder = await writeWholeFolder(wish.folder, async (temporary) => {
    await writeFiles(work, temporary);
    if (wish.isProved) {
      const proof = await prove(work, temporary);
      card = await finishCard(work, temporary, proof.exports);
      pictures = proof.figures.map(({ png, caption }, i) => {
        return { name: `parity/pca-${i + 1}.png`, caption, png };
      });
      for (const { name, png } of pictures) await put(join(temporary, name), png);
      await put(join(temporary, cardFiles.json), `${JSON.stringify(card, undefined, 2)}\n`);
    }
    const readme = writeModelCard({
      model: work.about,
      format: wish.format,
      names: wish.names,
      preprocessor: files.preprocessor,
      origin: work.origin,
      scores,
      parity: card,
      pictures,
    });
    await put(join(temporary, cardFiles.readme), readme);
    job.progress(1, "Written");
    return card?.exports.every(({ verdict }) => verdict === "fail") === true ? failedMark : "";
  });
  return { folder, files: await listFiles(folder), card, pictures };
}

/** What every step of one export knows. */
interface Work {
  readonly wish: ExportWish;
  readonly job: ExportJob;
  readonly files: ModelFiles;
  readonly executor: Executor;
  readonly about: ParityCard["model"];
  readonly origin: Origin | undefined;
}

/** What can be refused before anything is opened. @throws EngineError as exportWithProof */
export function checkWish(wish: ExportWish): void {
  const { format, precisions, opset, sizes, calibrate, names } = wish;
  const known: readonly ExportPrecision[] = precisionsOf[format];
  const areKnown = precisions.every((one) => known.includes(one));
  if (!areKnown || (format === "safetensors" && precisions.length !== 1)) {
    throw new EngineError(
      "option.invalid",
      `--precision: expected ${format === "onnx" ? "some" : "one"} of ${known.join(", ")} for ${format}, received ${precisions.join(", ")}`,
    );
  }
  if (format === "onnx") checkOpset(opset);
  checkCalibration(precisions, calibrate !== undefined);
  if (format === "onnx" && names !== "transformers") {
    throw new EngineError(
      "option.invalid",
      `--names: expected it with --format safetensors, received it with ${format}`,
    );
  }
  sizes.forEach(parseInputSize);
}

function describeModel(
  { name, variant, trained, config, dtype, licence, note }: ModelFiles,
  fingerprint: string,
  rope: RopePrecision,
): ParityCard["model"] {
  const positions = describePositions(config);
  return {
    name,
    ...(variant === undefined ? {} : { variant }),
    trained,
    parameters: countParameters(config),
    fingerprint,
    dtype,
    rope,
    ...(positions === undefined ? {} : { positions }),
    ...(licence === undefined ? {} : { licence }),
    ...(note === undefined ? {} : { note }),
  };
}

/** @param folder that is not there yet */
async function writeFiles({ wish, job, files, about, origin }: Work, folder: string) {
  const { signal, rope } = job;
  const progress = (fraction: number, label: string) => job.progress(writing * fraction, label);
  if (wish.format === "safetensors") {
    progress(0, "Writing model.safetensors");
    const precision = precisionsOf.safetensors.find((one) => wish.precisions.includes(one))!;
    await writeDirectory(files, folder, { precision, names: wish.names, signal });
    return;
  }
  await writeOnnxFolder(files, folder, {
    precisions: precisionsOf.onnx.filter((one) => wish.precisions.includes(one)),
    opset: wish.opset,
    isFused: wish.isFused,
    rope,
    calibration: job.calibration,
    metadata: {
      weights: about.fingerprint,
      ...(origin ? { origin: origin.text, data: origin.data } : {}),
    },
    signal,
    progress,
  });
}

/** Of the files as they lie there now, and of the reference that is written beside them. */
async function prove(work: Work, folder: string): Promise<Proof> {
  const { wish, job, files, executor, about } = work;
  const { signal, rope } = job;
  const { name, variant, trained, config } = files;
  const { depth } = config;
  const heads = config.architecture === undefined ? config.heads : 0;
  const engine = engineSource(files, executor, rope);
  try {
    const found = await findExports(folder, async () => executor, rope);
    const proof = await proveExports({
      exports: found.exports,
      original: remembered(engine),
      timed: engine,
      images: job.images,
      sizes: wish.sizes.map(parseInputSize),
      limits: wish.bars,
      figures: { model: { name, variant: variant ?? "custom", trained, depth, heads }, executor },
      signal,
      progress: (fraction, label) => job.progress(writing + (1 - writing) * fraction, label),
    });
    await mkdir(join(folder, "parity"));
    await writeReference(join(folder, referenceFile), engine, about, signal);
    return proof;
  } finally {
    await engine.dispose();
  }
}

/** Names and metadata say how the proof ended; then the files are as they will stay. */
async function finishCard(
  { wish, job, executor, about }: Work,
  folder: string,
  proved: readonly ProvedFile[],
): Promise<ParityCard> {
  const { images } = job;
  const exports: ExportParity[] = [];
  for (const { names, ...parity } of proved) {
    let { file } = parity;
    if (wish.format === "onnx") {
      const { verdict, reason, bar, numbers } = parity;
      const said = { verdict, reason, bar, ...numbers, images: images.description };
      await appendMetadata(join(folder, file), "parity", JSON.stringify(said));
      if (verdict === "fail") file = await markFailed(folder, file);
    }
    const files = await describeFiles(folder, [file, ...names.slice(1)]);
    exports.push({ ...parity, file, files });
  }
  const { description, count, fingerprint } = images;
  return {
    version: parityVersion,
    format: wish.format,
    model: about,
    images: { description, count, fingerprint },
    ...(job.calibration ? { calibration: job.calibration.description } : {}),
    device: executor.device,
    exports,
    reference: referenceFile,
  };
}

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: "wx", flush: true });
}
