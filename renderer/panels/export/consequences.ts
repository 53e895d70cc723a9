/** What follows from each choice of an export, in one plain line. */
import type {
  ExportDescription,
  ExportFormat,
  ExportPrecision,
  ModelNames,
  ParityBar,
} from "../../../engine/protocol/exporting.ts";

export const formatLines: Readonly<Record<ExportFormat, string>> = {
  onnx: "Runs in ONNX Runtime and transformers.js; batch, height and width stay free.",
  safetensors: "A model directory: weights, config.json and what it wants of a picture.",
};

export const namesWords: Readonly<Record<ModelNames, string>> = {
  transformers: "transformers",
  timm: "timm",
  official: "official",
};

export const namesLines: Readonly<Record<ModelNames, string>> = {
  transformers: "transformers opens it with from_pretrained, and Gramscope too.",
  timm: 'timm opens it with create_model("local-dir:..."), and Gramscope too.',
  official:
    "The load_state_dict of the authors' own code takes it, without heads; Gramscope opens it.",
};

/** Bytes of a weight, scales included. */
const weightBytes: Readonly<Record<ExportPrecision, number>> = {
  fp32: 4,
  fp16: 2,
  bf16: 2,
  int8: 1,
  "int8-static": 1,
  int4: 0.625,
};

const precisionLines: Readonly<Record<ExportPrecision, string>> = {
  fp32: "the same numbers",
  fp16: "half the size; normalisation and softmax stay in float32",
  bf16: "half the size; float32's range, coarser than fp16",
  int8: "about a quarter; whole numbers, faster on most processors",
  "int8-static": "as int8, steps fixed beforehand on photographs of yours; standard QDQ operators",
  int4: "about a sixth; 4-bit weights, for ONNX Runtime alone",
};

/**
 * @param parameters of the model, where they are known
 * @param isConvolutional whether it has no attention
 */
export function precisionLine(
  precision: ExportPrecision,
  parameters: number | undefined,
  isConvolutional = false,
): string {
  const told = precisionLines[precision];
  const line = isConvolutional
    ? told.replace("normalisation and softmax stay", "normalisation stays")
    : told;
  if (parameters === undefined) return line;
  return `${megabytes(parameters * weightBytes[precision])}, ${line}`;
}

export function barLine({ measure, limit }: ParityBar): string {
  return measure === "largest-difference"
    ? `passes with differences below ${shownLimit(limit)}`
    : `passes when 99 % of the patches reach a cosine of ${limit}`;
}

/** What the limit of a bar is of. */
export const barMeasures: Readonly<Record<ParityBar["measure"], string>> = {
  "largest-difference": "differences below",
  "cosine-p1": "99 % reach",
};

/** 1e-4, 2.5e-4, 0.98: all of its digits, because a person chose them. */
export function shownLimit(limit: number): string {
  return limit < 1e-2 ? limit.toExponential() : String(limit);
}

export function opsetLine(opset: number, { opsets: [least, most] }: ExportDescription): string {
  if (opset === least) return "The oldest: loads in runtimes from 2022 on.";
  if (opset < 20) return "Loads in runtimes from 2023 on.";
  return opset === most
    ? "The newest: GELU is one operator; needs a runtime of late 2024."
    : "GELU is one operator; needs a runtime of 2024 or later.";
}

export const fusedLine = {
  standard: "Operators of the standard alone: any runtime of that version loads it.",
  fused: "ONNX Runtime's own attention: memory linear in the tokens; no other runtime loads it.",
  fusedConvolutional: "ONNX Runtime's own GELU with its bias; no other runtime loads it.",
} as const;

export const proofLine = {
  proved: "Every file is loaded again as others would, and compared with the original.",
  unproved: "Nobody will have compared the files with the original. The card says so.",
} as const;

export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} GB`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} MB`;
}
