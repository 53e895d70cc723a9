/** The proof of an export once more, from its files alone, or against the original. */
import { join } from "node:path";
import type { Executor } from "../executors/executor.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import { parityCard, type ExportParity, type ParityCard } from "../protocol/exporting.ts";
import type { Verification, VerifyWish } from "../protocol/verifying.ts";
import { parseInputSize, type InputSize } from "../protocol/view.ts";
import type { Control } from "../session/control.ts";
import { readJson } from "../weights/model-tensors.ts";
import { openModelFiles } from "../weights/open-model.ts";
import type { BarLimits } from "./bars.ts";
import { describeFiles } from "./exported-files.ts";
import { findExports } from "./find-exports.ts";
import type { ProofImages } from "./proof-images.ts";
import { cardFiles } from "./proved-export.ts";
import { proveExports } from "./prove-exports.ts";
import { readReference, referenceFile } from "./reference.ts";
import { engineSource, remembered, type TokenSource } from "./token-source.ts";

export interface VerifyJob extends Control {
  /** Where there is an original. */
  readonly images: ProofImages;
  readonly rope: RopePrecision;
  readonly executor: () => Promise<Executor>;
}

/**
 * @throws EngineError as findExports, readReference, openModelFiles and proveExports; "config.invalid"
 *   for a card that is damaged. A failed proof is no error
 */
export async function verifyExport(
  wish: Omit<VerifyWish, "images" | "limit">,
  job: VerifyJob,
): Promise<Verification> {
  const { signal, progress } = job;
  const found = await findExports(wish.path, job.executor, job.rope);
  const card = await readCard(found.folder);
  const executor = await job.executor();
  const rope = found.rope ?? card?.model.rope ?? job.rope;
  const { original, timed, images, sizes, against } = await originalOf(
    { ...wish, images: job.images },
    found.folder,
    executor,
    rope,
  );
  try {
    const { exports } = await proveExports({
      exports: found.exports,
      original,
      timed,
      images,
      sizes,
      limits: { ...limitsOf(card), ...wish.bars },
      signal,
      progress,
    });
    const described: Verification["exports"][number][] = [];
    for (const { names, ...parity } of exports) {
      const files = await describeFiles(found.folder, names);
      described.push({ ...parity, files, ...asWritten(card, parity.file, files) });
    }
    progress(1, "Verified");
    const passed = described.every(({ verdict }) => verdict === "pass");
    return {
      folder: found.folder,
      against,
      images: images.description,
      device: executor.device,
      exports: described,
      verdict: passed ? "pass" : "fail",
    };
  } finally {
    await original.dispose();
  }
}

interface Original {
  readonly original: TokenSource;
  readonly timed?: TokenSource | undefined;
  readonly images: ProofImages;
  readonly sizes: readonly InputSize[];
  readonly against: string;
}

async function originalOf(
  { against, images, sizes }: Pick<VerifyWish, "against" | "sizes"> & Pick<VerifyJob, "images">,
  folder: string,
  executor: Executor,
  rope: RopePrecision,
): Promise<Original> {
  if (against === undefined) {
    const reference = await readReference(join(folder, referenceFile)).catch((error: unknown) => {
      if (!(error instanceof EngineError) || error.code !== "path.missing") throw error;
      throw new EngineError(
        "path.missing",
        `${folder}: expected ${referenceFile}, the features of the original; there are none`,
        {
          hint: "Name the original: gramscope verify DIR --against MODEL, or beneath the folder on the page.",
          cause: error,
        },
      );
    });
    return { ...reference, against: `stored features of ${reference.model}` };
  }
  const files = await openModelFiles(against);
  const engine = engineSource(files, executor, rope);
  return {
    original: remembered(engine),
    timed: engine,
    images,
    sizes: sizes.map(parseInputSize),
    against: files.name,
  };
}

/** @returns undefined where there is none */
async function readCard(folder: string): Promise<ParityCard | undefined> {
  const path = join(folder, cardFiles.json);
  const json = await readJson(path);
  if (json === undefined) return undefined;
  const parsed = parityCard.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new EngineError(
    "config.invalid",
    `${path}: expected a parity card; ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
    { hint: "Remove it to verify without it, or copy the whole folder again." },
  );
}

function limitsOf(card: ParityCard | undefined): BarLimits {
  return Object.fromEntries(
    (card?.exports ?? []).map(({ precision, bar }) => [precision, bar.limit]),
  );
}

function asWritten(
  card: ParityCard | undefined,
  file: string,
  files: ExportParity["files"],
): { isAsWritten?: boolean } {
  if (!card) return {};
  const known = card.exports.find((one) => one.file === file)?.files ?? [];
  const same = (name: string, sha256: string) =>
    known.some((one) => one.name === name && one.sha256 === sha256);
  return { isAsWritten: files.every(({ name, sha256 }) => same(name, sha256)) };
}
