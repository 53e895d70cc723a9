/** What a path holds, as plain data and as text: the answer of `gramscope inspect`. */
import { stat } from "node:fs/promises";
import { describePreprocessor, type Preprocessor } from "../image/preprocessor.ts";
import type { VitConfig } from "../model/config.ts";
import { elementCount } from "../protocol/tensor.ts";
import { toWireError, type WireError } from "../protocol/errors.ts";
import type { MatchReport } from "./match-params.ts";
import { matchName } from "./names.ts";
import { surveyModel, type SurveyedModel } from "./open-model.ts";
import { readSafetensors, type SafetensorsFile } from "./safetensors.ts";

export interface TensorSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export type Inspection = {
  readonly path: string;
  readonly format: "safetensors" | "safetensors, sharded";
  readonly tensors: readonly TensorSummary[];
  /** Scalars in all tensors. */
  readonly parameters: number;
  readonly sizeBytes: number;
} & (
  | {
      readonly kind: "model";
      readonly name: string;
      readonly variant: string;
      readonly config: VitConfig;
      readonly preprocess: Preprocessor;
      readonly dtype: string;
      readonly trained: boolean;
      readonly note?: string | undefined;
      readonly licence?: string | undefined;
      readonly report: MatchReport;
      /** Why opening it would be refused. */
      readonly problem?: WireError | undefined;
    }
  | { readonly kind: "tensors"; readonly metadata: Readonly<Record<string, string>> }
);

/**
 * Look into a model directory, its weights, or any safetensors file.
 * @throws EngineError when the path or the format is at fault; weights that do not fit their
 *   configuration are reported in `problem` instead
 */
export async function inspectPath(path: string): Promise<Inspection> {
  if (path.endsWith(".safetensors")) {
    const file = await readSafetensors(path);
    const isBackbone = [...file.tensors.keys()].some((name) => matchName(name).kind === "param");
    if (!isBackbone || !(await hasConfigBeside(path))) {
      return { kind: "tensors", path, ...summarise([file]), metadata: file.metadata };
    }
  }
  const model: SurveyedModel = await surveyModel(path);
  return {
    kind: "model",
    path,
    ...summarise(model.files),
    name: model.name,
    variant: model.variant ?? "custom",
    config: model.config,
    preprocess: model.preprocessor,
    dtype: model.dtype,
    trained: model.trained,
    note: model.note,
    licence: model.licence,
    report: model.report,
    problem: model.problem && toWireError(model.problem),
  };
}

/** An inspection for people. @returns lines, without one at the end */
export function formatInspection(inspection: Inspection): string {
  const { path, format, parameters, sizeBytes, tensors } = inspection;
  const lines: [label: string, text: string][] = [["path", path]];
  if (inspection.kind === "model") {
    const { config, report, problem } = inspection;
    lines.push(
      ["kind", "model"],
      ["name", `${inspection.name} (${inspection.variant})`],
      [
        "shape",
        `width ${config.width}, ${config.depth} blocks, ${config.heads} heads, ${config.feedForward} ${config.hidden}, patch ${config.patch} px, ${config.registers} registers`,
      ],
      ["preprocess", describePreprocessor(inspection.preprocess)],
      ["trained", inspection.trained ? "yes" : "no: random weights"],
    );
    if (inspection.note !== undefined) lines.push(["note", inspection.note]);
    if (inspection.licence !== undefined) lines.push(["licence", inspection.licence]);
    for (const key of ["missing", "unexpected", "dropped"] as const) {
      if (report[key].length > 0) lines.push([key, report[key].join(", ")]);
    }
    if (problem) lines.push(["problem", `${problem.message} [${problem.code}]`]);
  } else {
    lines.push(["kind", "tensors without a config.json"]);
    for (const [key, value] of Object.entries(inspection.metadata)) lines.push([key, value]);
  }
  lines.push(
    ["format", `${format}, ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`],
    ["tensors", `${tensors.length}, ${parameters.toLocaleString("en-US")} values`],
  );
  const labelWidth = Math.max(...lines.map(([label]) => label.length)) + 2;
  const nameWidth = Math.max(0, ...tensors.map(({ name }) => name.length)) + 2;
  return [
    ...lines.map(([label, text]) => label.padEnd(labelWidth) + text),
    "",
    ...tensors.map(
      ({ name, dtype, shape }) =>
        `${name.padEnd(nameWidth)}${dtype.padEnd(6)}[${shape.join(", ")}]`,
    ),
  ].join("\n");
}

function summarise(files: readonly SafetensorsFile[]) {
  const entries = files.flatMap((file) => [...file.tensors.values()]);
  return {
    format: files.length > 1 ? ("safetensors, sharded" as const) : ("safetensors" as const),
    tensors: entries.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    parameters: entries.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}

async function hasConfigBeside(path: string): Promise<boolean> {
  const beside = path.replace(/[^/\\]*$/, "config.json");
  return (await stat(beside).catch(() => undefined))?.isFile() === true;
}
