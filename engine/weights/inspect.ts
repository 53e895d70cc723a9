/** What a path holds, as plain data and as text: the answer of `gramscope inspect`. */
import { findNetworks } from "../checkpoints/networks.ts";
import { describePreprocessor, type Preprocessor } from "../image/preprocessor.ts";
import type { BackboneConfig } from "../model/config.ts";
import { describePositions } from "../model/describe-positions.ts";
import { elementCount } from "../protocol/tensor.ts";
import { EngineError, toWireError, type WireError } from "../protocol/errors.ts";
import { families } from "./families.ts";
import { locateModel } from "./locate-model.ts";
import type { MatchReport } from "./match-params.ts";
import { readModelTensors, type ModelTensors, type WeightsFormat } from "./model-tensors.ts";
import { dropReasons } from "./family-names.ts";
import { matchName } from "./names.ts";
import { surveyModel, type SurveyedModel } from "./open-model.ts";

export interface TensorSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One of several networks in a file. */
export interface NetworkSummary {
  readonly label: string;
  /** What opens it: the path with "#" and the label. */
  readonly path: string;
  readonly tensors: number;
  /** Whether the path alone opens this one. */
  readonly isDefault: boolean;
}

export type Inspection = {
  readonly path: string;
  readonly format: WeightsFormat;
  readonly tensors: readonly TensorSummary[];
  /** Scalars in all tensors. */
  readonly parameters: number;
  readonly sizeBytes: number;
  /** What lies beside the tensors: metadata, epochs, options. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Why opening it would be refused. */
  readonly problem?: WireError | undefined;
} & (
  | {
      readonly kind: "model";
      readonly name: string;
      readonly variant: string;
      /** "DINOv3", "DINOv2" and so on. */
      readonly family: string;
      readonly config: BackboneConfig;
      readonly preprocess: Preprocessor;
      readonly dtype: string;
      readonly trained: boolean;
      readonly note?: string | undefined;
      readonly licence?: string | undefined;
      readonly report: MatchReport;
      /** Where the file holds more than one. */
      readonly networks: readonly NetworkSummary[];
      /** Before the names of the one that is meant. */
      readonly prefix: string;
    }
  | { readonly kind: "tensors" }
);

/**
 * Look into a model, its weights, or any file of tensors that is read. Nothing is converted or written.
 * @throws EngineError when the path or the format is at fault; weights that do not fit their
 *   configuration are reported in `problem` instead
 */
export async function inspectPath(path: string): Promise<Inspection> {
  const place = await locateModel(path);
  if (place.kind === "index") return ofModel(path, await surveyModel(path));
  const weights = await readModelTensors(place);
  const names = weights.tensors.map(({ name }) => name);
  const prefix = findNetworks(names)[0]?.prefix ?? "";
  const isBackbone = names.some((name) => {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return ["param", "fused"].includes(matchName(bare).kind);
  });
  try {
    return ofModel(path, await surveyModel(path));
  } catch (error) {
    // The file itself was read; what it holds can be shown, whatever is lacking around it.
    if (!(error instanceof EngineError) || error.code === "option.invalid") throw error;
    if (/^(config|path)\./.test(error.code) && place.kind !== "checkpoint" && isBackbone)
      throw error;
    const problem = isBackbone ? toWireError(error) : undefined;
    return { kind: "tensors", path, ...summarise(weights), problem };
  }
}

function ofModel(path: string, model: SurveyedModel): Inspection {
  const plain = path.replace(/#[^#/\\]*$/, "");
  return {
    kind: "model",
    path,
    ...summarise(model.weights),
    name: model.name,
    variant: model.variant ?? "custom",
    family: model.family === undefined ? "DINOv3" : families[model.family].title,
    config: model.config,
    preprocess: model.preprocessor,
    dtype: model.dtype,
    trained: model.trained,
    note: model.note,
    licence: model.licence,
    report: model.report,
    networks: model.networks.map(({ label, tensors }, i) => {
      return { label, path: `${plain}#${label}`, tensors, isDefault: i === 0 };
    }),
    prefix: model.network?.prefix ?? "",
    problem: model.problem && toWireError(model.problem),
  };
}

/** An inspection for people. @returns lines, without one at the end */
export function formatInspection(inspection: Inspection): string {
  const { path, format, parameters, sizeBytes, tensors } = inspection;
  const lines: [label: string, text: string][] = [["path", path]];
  if (inspection.kind === "model") {
    const { config, report, networks } = inspection;
    lines.push(
      ["kind", "model"],
      ["name", `${inspection.name} (${inspection.variant})`],
      ["family", inspection.family],
      ["shape", shapeOf(config)],
      ...positionsOf(config),
      ["preprocess", describePreprocessor(inspection.preprocess)],
      ["trained", inspection.trained ? "yes" : "no: random weights"],
    );
    if (inspection.note !== undefined) lines.push(["note", inspection.note]);
    if (inspection.licence !== undefined) lines.push(["licence", inspection.licence]);
    if (networks.length > 1) {
      for (const { label, path: own, tensors: count, isDefault } of networks) {
        lines.push([
          "network",
          `${label}, ${count} tensors: ${own}${isDefault ? " (by default)" : ""}`,
        ]);
      }
    }
    for (const key of ["missing", "unexpected"] as const) {
      if (report[key].length > 0) lines.push([key, report[key].join(", ")]);
    }
    for (const text of droppedFor(report.dropped)) lines.push(["dropped", text]);
  } else lines.push(["kind", "tensors, no model"]);
  if (inspection.problem) {
    lines.push(["problem", `${inspection.problem.message} [${inspection.problem.code}]`]);
  }
  // A model's own safetensors say there of which framework they are, and nothing else.
  const isOwn = inspection.kind === "model" && format.startsWith("safetensors");
  if (!isOwn) lines.push(...shownValues(inspection.metadata));
  lines.push(
    ["format", `${format}, ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`],
    ["tensors", `${tensors.length}, ${parameters.toLocaleString("en-US")} values`],
  );
  // Of a training checkpoint the network that is meant; its optimiser has twice as many.
  const prefix = inspection.kind === "model" ? inspection.prefix : "";
  const shown = tensors.filter(({ name }) => name.startsWith(prefix));
  if (shown.length < tensors.length) lines.push(["shown", `${shown.length}, those of ${prefix}*`]);
  const labelWidth = widest(lines.map(([label]) => label)) + 2;
  const nameWidth = widest(shown.map(({ name }) => name)) + 2;
  const dtypeWidth = widest(shown.map(({ dtype }) => dtype)) + 2;
  return [
    ...lines.map(([label, text]) => label.padEnd(labelWidth) + text),
    "",
    ...shown.map(
      ({ name, dtype, shape }) =>
        `${name.padEnd(nameWidth)}${dtype.padEnd(dtypeWidth)}[${shape.join(", ")}]`,
    ),
  ].join("\n");
}

function shapeOf(config: BackboneConfig): string {
  if (config.architecture === "convnext") {
    const [widths, blocks] = [config.widths.join(", "), config.blocks.join(", ")];
    return `four stages, ${widths} wide, of ${blocks} blocks, patch ${config.patch} px`;
  }
  const { width, depth, heads, feedForward, hidden, patch, registers } = config;
  return `width ${width}, ${depth} blocks, ${heads} heads, ${feedForward} ${hidden}, patch ${patch} px, ${registers} registers`;
}

/** Of other families: where positions come from, and how they are resized. */
function positionsOf(config: BackboneConfig): [string, string][] {
  if (config.architecture === "convnext") return [];
  const text = describePositions(config);
  return text === undefined ? [] : [["positions", text]];
}

/** Dropped tensors, one line for each reason. */
function droppedFor(names: readonly string[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const name of names) {
    const why = dropReasons.find((reason) => reason.names.test(name))?.why ?? "";
    byReason.set(why, [...(byReason.get(why) ?? []), name]);
  }
  return [...byReason].map(([why, own]) => {
    const shown = own.length > 4 ? [...own.slice(0, 3), `${own.length - 3} more`] : own;
    return `${shown.join(", ")}${why === "" ? "" : `: ${why}`}`;
  });
}

/** Values that are worth a line: an optimiser's groups repeat a dozen settings dozens of times. */
function shownValues(values: Readonly<Record<string, string>>): [string, string][] {
  const most = 30;
  const entries = Object.entries(values).filter(([name]) => !/(^|\.)param_groups\./.test(name));
  const left = Object.keys(values).length - Math.min(most, entries.length);
  const more: [string, string][] = left > 0 ? [["more", `${left} values, with --json`]] : [];
  return [...entries.slice(0, most), ...more];
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, { length }) => Math.max(width, length), 0);
}

function summarise({ format, tensors, sizeBytes, values }: ModelTensors) {
  return {
    format,
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    sizeBytes,
    metadata: values,
  };
}
