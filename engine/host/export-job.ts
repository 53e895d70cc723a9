/** Exports and their proofs from what was asked for to what was found, for the command line and for pages. */
import { basename, resolve } from "node:path";
import { openImageSet } from "../compare/image-set.ts";
import type { SkippedFile } from "../data/image-files.ts";
import { chooseExecutor } from "../executors/choose.ts";
import type { Executor } from "../executors/executor.ts";
import { cachedModelPath } from "../hub/model-name.ts";
import type { RopePrecision } from "../model/rope.ts";
import { proofScenes, rememberPictures, type ProofImages } from "../parity/proof-images.ts";
import { checkWish, exportWithProof, type ProvedExport } from "../parity/proved-export.ts";
import { verifyExport } from "../parity/verify-export.ts";
import type { ExportWish } from "../protocol/exporting.ts";
import type { Verification, VerifyWish } from "../protocol/verifying.ts";
import type { Control } from "../session/control.ts";

export interface ExportJobControl extends Control {
  readonly rope: RopePrecision;
  /** Images that are left out of the proof. */
  readonly onSkipped?: ((skipped: readonly SkippedFile[]) => void) | undefined;
}

/** Steps of 256 levels are settled by a few dozen photographs of what a model is used on. */
const mostCalibration = 64;

/** @throws EngineError as cachedModelPath and exportWithProof; of the images as openImageSet */
export async function runExportJob(wish: ExportWish, job: ExportJobControl): Promise<ProvedExport> {
  checkWish(wish);
  const model = await cachedModelPath(wish.model);
  const calibration =
    wish.calibrate === undefined
      ? undefined
      : await imagesOf({ images: wish.calibrate, limit: mostCalibration }, job);
  const images = wish.isProved ? await proofImages(wish, job) : proofScenes(1);
  return withCpu((executor) =>
    exportWithProof({ ...wish, model }, { ...job, images, calibration, executor }),
  );
}

/** @throws EngineError as cachedModelPath and verifyExport; of the images as openImageSet */
export async function runVerifyJob(wish: VerifyWish, job: ExportJobControl): Promise<Verification> {
  const against = wish.against && (await cachedModelPath(wish.against));
  const images = against === undefined ? proofScenes(1) : await proofImages(wish, job);
  return withCpu((executor) => verifyExport({ ...wish, against }, { ...job, images, executor }));
}

interface ImagesWish {
  readonly images: string;
  readonly limit: number;
}

async function proofImages(wish: ImagesWish, job: ExportJobControl): Promise<ProofImages> {
  if (wish.images === "scenes") return proofScenes(wish.limit);
  return rememberPictures(await imagesOf(wish, job));
}

/** Of a folder, without its path: a card is made to be published. */
async function imagesOf(
  { images, limit }: ImagesWish,
  { signal, onSkipped }: ExportJobControl,
): Promise<ProofImages> {
  const set = await openImageSet({ images, limit, signal });
  onSkipped?.(set.skipped);
  const { count, fingerprint } = set;
  return {
    count,
    fingerprint,
    load: (index) => set.load(index),
    description: `${count} ${count === 1 ? "image" : "images"} of the folder "${basename(resolve(images))}"`,
  };
}

/** Started when it is asked for, once. */
async function withCpu<T>(work: (executor: () => Promise<Executor>) => Promise<T>): Promise<T> {
  let choosing: Promise<Executor> | undefined;
  const executor = () => (choosing ??= chooseExecutor("cpu").then((choice) => choice.executor));
  try {
    return await work(executor);
  } finally {
    await choosing?.then(
      (found) => found.dispose(),
      () => undefined, // Who asked for it has the error.
    );
  }
}
