/** The card of an export for people: README.md, as model hubs show it. */
import type { Preprocessor } from "../image/preprocessor.ts";
import { describePreprocessor } from "../image/preprocessor.ts";
import { noPositions } from "../model/describe-positions.ts";
import {
  shownCosine,
  shownDifference,
  type ExportFormat,
  type ExportParity,
  type ModelNames,
  type ParityCard,
} from "../protocol/exporting.ts";
import type { ProbeReport, ReportedNumber } from "../protocol/probe-report.ts";
import type { Origin } from "./origin.ts";

export interface ModelCardContent {
  readonly model: ParityCard["model"];
  readonly format: ExportFormat;
  /** Of a model directory. */
  readonly names?: ModelNames | undefined;
  readonly preprocessor: Preprocessor;
  readonly origin?: Origin | undefined;
  readonly scores: readonly ProbeReport[];
  /** Absent where nothing was measured; the card says so. */
  readonly parity?: ParityCard | undefined;
  readonly pictures: readonly { readonly name: string }[];
}

/** @returns Markdown with a YAML head, ending in a line feed */
export function writeModelCard(content: ModelCardContent): string {
  const { model, origin, scores, parity } = content;
  const sections = [
    head(content),
    `# ${line(model.name)}`,
    ...(model.trained ? [] : ["**Random weights: every number it gives is noise.**"]),
    ...(model.note === undefined ? [] : [line(model.note)]),
    about(content),
    ...(parity ? [paritySection(parity, content.pictures)] : [unproved]),
    usage(content),
    ...(scores.length > 0 ? [scoresSection(scores)] : []),
    ...(origin ? [originSection(origin)] : []),
    `## Licence\n\n${model.licence === undefined ? "Not known to the program that wrote this; the licence of the original's authors holds." : line(model.licence)}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

const unproved =
  "## Parity\n\n**Not measured.** This was exported with `--no-parity`: nobody has compared these files with the original. `gramscope verify . --against ORIGINAL` does.";

function head({ model, format, names = "transformers" }: ModelCardContent): string {
  const library = names === "official" ? "pytorch" : names;
  const fields = [
    `library_name: ${format === "onnx" ? "transformers.js" : library}`,
    "pipeline_tag: image-feature-extraction",
    `tags: [gramscope, vision${format === "onnx" ? ", onnx" : ""}]`,
    // JSON texts are YAML texts.
    ...(model.licence === undefined
      ? []
      : ["license: other", `license_name: ${JSON.stringify(model.licence)}`]),
  ];
  return ["---", ...fields, "---"].join("\n");
}

function about({ model, format, preprocessor }: ModelCardContent): string {
  const { variant, parameters, dtype, rope, positions } = model;
  const isInGraph = format === "onnx" && positions !== noPositions;
  const millions = (parameters / 1e6).toFixed(parameters < 1e7 ? 1 : 0);
  return [
    `- ${variant ?? "An image encoder"}, ${millions} million parameters; the original is stored as ${dtype}`,
    `- Pictures: ${describePreprocessor(preprocessor)}`,
    positions === undefined
      ? `- Rotary periods in ${rope}`
      : `- Positions: ${line(positions)}${isInGraph ? "; in the ONNX files as part of the graph, at any size" : ""}`,
    `- Weights: \`${model.fingerprint}\``,
  ].join("\n");
}

function paritySection(
  { exports, images, calibration, device }: ParityCard,
  pictures: ModelCardContent["pictures"],
): string {
  const failed = exports.filter(({ verdict }) => verdict === "fail");
  const verdict =
    failed.length === 0
      ? "Every export computes what the original computes, within its bar."
      : `**${failed.map(({ file }) => `\`${file}\``).join(", ")}: FAILED. Do not use ${failed.length === 1 ? "it" : "them"} in place of the original.**`;
  return [
    "## Parity",
    verdict,
    `Measured against the original on ${line(images.description)}, on ${line(device)}.`,
    ...(calibration === undefined
      ? []
      : [`The steps of int8-static were fixed on ${line(calibration)}.`]),
    table(exports),
    exports.map((one) => `- \`${one.file}\`: ${one.verdict}. ${one.reason}`).join("\n"),
    "Cosine: of each patch with the same patch of the original, after the final norm. Difference: the largest of any value of any token. Nearest: part of the patches whose nearest other patch is the same. Times: medians, one picture, in turn. `gramscope verify .` repeats this from the files alone.",
    ...pictures.map(({ name }, i) => `![PCA of picture ${i + 1}: original and exports](${name})`),
  ].join("\n\n");
}

function table(exports: readonly ExportParity[]): string {
  const rows = exports.map(({ precision, file, files, numbers, speed, verdict }) => {
    const { cosine, largestDifference, nearest } = numbers;
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
    return [
      `\`${file}\``,
      precision,
      megabytes(bytes),
      shownCosine(cosine.min),
      shownCosine(cosine.p1),
      shownCosine(cosine.median),
      shownDifference(largestDifference),
      `${(100 * nearest).toFixed(1)} %`,
      `${speed.exportedMs.toFixed(1)} ms`,
      speed.originalMs === undefined ? "" : `${speed.originalMs.toFixed(1)} ms`,
      verdict,
    ];
  });
  const [first] = exports;
  const heads = [
    "file",
    "precision",
    "size",
    "cosine min",
    "1 %",
    "median",
    "difference",
    "nearest",
    `time, ${first!.speed.input} px`,
    "original",
    "verdict",
  ];
  return [heads, heads.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function usage({ format, names, parity, model }: ModelCardContent): string {
  if (names === "timm") {
    const isConvNext = model.positions === noPositions;
    return `## Use\n\n${code("python", ["import timm", 'model = timm.create_model("local-dir:.", pretrained=True).eval()', "# pixels: float32 [batch, 3, height, width], normalised", ...(isConvNext ? ["# [batch, d, height / 32, width / 32], before the final norm (head.norm)"] : []), `${isConvNext ? "map" : "tokens"} = model.forward_features(pixels)`])}`;
  }
  if (names === "official") {
    return `## Use\n\n${code("python", ["from safetensors.torch import load_file", "# model: of the authors' own code, of the same shape; what is missing is its head, where it has one", 'missing, unexpected = model.load_state_dict(load_file("model.safetensors"), strict=False)', "assert not unexpected"])}`;
  }
  if (format === "safetensors") {
    return `## Use\n\n${code("python", ["from transformers import AutoImageProcessor, AutoModel", 'processor = AutoImageProcessor.from_pretrained(".")', 'model = AutoModel.from_pretrained(".").eval()', 'tokens = model(**processor(image, return_tensors="pt")).last_hidden_state'])}`;
  }
  const file = parity?.exports.find(({ verdict }) => verdict === "pass")?.file ?? "onnx/model.onnx";
  return [
    "## Use",
    code("python", [
      "import onnxruntime",
      `session = onnxruntime.InferenceSession(${JSON.stringify(file)})`,
      "# pixels: float32 [batch, 3, height, width], normalised; sides are multiples of the patch",
      'cls, patches = session.run(["cls", "patches"], {"pixel_values": pixels})',
    ]),
    "The folder is laid out for transformers.js, whose dtypes fp32, fp16, q8, int8 and q4 are model, model_fp16, model_quantized, model_int8 and model_q4.",
  ].join("\n\n");
}

function scoresSection(scores: readonly ProbeReport[]): string {
  const rows = scores.map(({ probe, data, preset, numbers }) => {
    const [first] = numbers;
    return `| ${probe} | ${line(first!.name)} | ${figure(first!)} | ${line(data.description)} | ${preset} |`;
  });
  const heads =
    "| probe | number | value (95 %) | data | preset |\n| --- | --- | --- | --- | --- |";
  return `## Scores\n\nOf the original, frozen.\n\n${heads}\n${rows.join("\n")}`;
}

function figure({ value, low, high, unit }: ReportedNumber): string {
  const text = (one: number) =>
    unit === "fraction" ? `${(100 * one).toFixed(1)} %` : one.toFixed(3);
  const interval =
    low === undefined || high === undefined ? "" : ` (${text(low)} to ${text(high)})`;
  return `${text(value)}${unit === "metres" ? " m" : ""}${interval}`;
}

function originSection({ text, data, recipe }: Origin): string {
  return [
    "## Training",
    `${text} Data: ${data}.`,
    "<details><summary>Recipe</summary>",
    code("json", [JSON.stringify(recipe, undefined, 2)]),
    "</details>",
  ].join("\n\n");
}

function code(language: string, lines: readonly string[]): string {
  return ["```" + language, ...lines, "```"].join("\n");
}

function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} MB`;
}

/** A text of somebody's as one line that breaks no table and starts no markup of its own. */
function line(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;").trim();
}
