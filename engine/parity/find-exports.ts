/** What an exported folder holds: its ONNX files by their own metadata, or its model directory. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Executor } from "../executors/executor.ts";
import { describeOnnx } from "../export/read-onnx.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import {
  exportPrecisions,
  type ExportFormat,
  type ExportPrecision,
} from "../protocol/exporting.ts";
import { openModelFiles } from "../weights/open-model.ts";
import { pathError } from "../weights/safetensors.ts";
import { openOnnxSource } from "./onnx-source.ts";
import type { ExportToProve } from "./prove-exports.ts";
import { engineSource } from "./token-source.ts";

export interface FoundExports {
  /** Absolute; what the names of the exports begin from. */
  readonly folder: string;
  readonly format: ExportFormat;
  /** At least one, the most exact first. */
  readonly exports: readonly ExportToProve[];
  /** Of the rotary periods, as the files say. */
  readonly rope: RopePrecision | undefined;
}

/**
 * @param path a folder that was exported, or one .onnx file
 * @param executor runs what is no ONNX
 * @param rope of what is no ONNX; an ONNX file has its own
 * @throws EngineError "path.missing", "path.unreadable"; "model.unknown" for a folder without exports;
 *   as describeOnnx and openModelFiles
 */
export async function findExports(
  path: string,
  executor: () => Promise<Executor>,
  rope: RopePrecision,
): Promise<FoundExports> {
  const target = resolve(path);
  const info = await stat(target).catch((error: unknown) => {
    throw pathError(path, error);
  });
  if (!info.isDirectory()) {
    const inner = basename(dirname(target)) === "onnx" ? dirname(dirname(target)) : dirname(target);
    return onnxExports(inner, [target.slice(inner.length + 1).replaceAll("\\", "/")]);
  }
  const names = await onnxNames(target);
  if (names.length > 0) return onnxExports(target, names);
  const found = await readdir(target);
  if (found.some((name) => /^model\.safetensors(\.index\.json)?$/.test(name))) {
    return directoryExport(target, found, executor, rope);
  }
  throw new EngineError(
    "model.unknown",
    `${path}: expected an exported folder, with ONNX files in onnx/ or a model.safetensors; it holds ${found.slice(0, 5).join(", ") || "nothing"}`,
    { hint: "Name the folder that gramscope export wrote." },
  );
}

async function onnxNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const inner of ["onnx", ""]) {
    const own = await readdir(join(folder, inner)).catch(() => []);
    const files = own.filter((name) => name.endsWith(".onnx") && !name.startsWith("."));
    names.push(...files.map((name) => (inner === "" ? name : `${inner}/${name}`)));
  }
  return names;
}

async function onnxExports(folder: string, names: readonly string[]): Promise<FoundExports> {
  const exports: ExportToProve[] = [];
  const ropes = new Set<RopePrecision>();
  for (const file of names) {
    const path = join(folder, file);
    const { metadata, external } = await describeOnnx(path);
    const beside = file.slice(0, file.lastIndexOf("/") + 1);
    exports.push({
      precision: precisionOf(path, metadata["precision"]),
      file,
      names: [file, ...external.map((name) => `${beside}${name}`)],
      open: () => openOnnxSource(path),
    });
    if (metadata["rope"] === "bf16" || metadata["rope"] === "fp32") ropes.add(metadata["rope"]);
  }
  if (ropes.size > 1) {
    throw new EngineError(
      "config.contradicts",
      `${folder}: expected one kind of rotary periods, its files have ${[...ropes].join(" and ")}`,
      { hint: "Verify the files one by one." },
    );
  }
  const place = ({ precision }: ExportToProve) => exportPrecisions.indexOf(precision);
  exports.sort((a, b) => place(a) - place(b));
  return { folder, format: "onnx", exports, rope: [...ropes][0] };
}

function precisionOf(path: string, text = ""): ExportPrecision {
  const found = exportPrecisions.find((name) => name === text);
  if (found) return found;
  throw new EngineError(
    "model.unknown",
    `${path}: expected its precision in its metadata, one of ${exportPrecisions.join(", ")}, received "${text}"`,
    { hint: "Only files that gramscope export wrote can be verified." },
  );
}

const dtypes: Readonly<Record<string, ExportPrecision>> = {
  F32: "fp32",
  F16: "fp16",
  BF16: "bf16",
};

async function directoryExport(
  folder: string,
  found: readonly string[],
  executor: () => Promise<Executor>,
  rope: RopePrecision,
): Promise<FoundExports> {
  const files = await openModelFiles(folder);
  // "BF16 (182), F32 (6)": the coarsest decides what may be expected.
  const precision = Object.keys(dtypes)
    .reverse()
    .find((name) => files.dtype.includes(name));
  const weights = found.filter((name) => /^model.*\.safetensors(\.index\.json)?$/.test(name));
  const [first, ...others] = weights.sort();
  const open = async () => {
    const source = engineSource(files, await executor(), rope);
    return { ...source, runtime: `${source.runtime}, from the folder` };
  };
  return {
    folder,
    format: "safetensors",
    exports: [
      {
        precision: dtypes[precision ?? "F32"]!,
        file: first!,
        names: [first!, ...others, "config.json"],
        open,
      },
    ],
    rope: undefined,
  };
}
