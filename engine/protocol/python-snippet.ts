/**
 * A view as a Python program that computes the same numbers with PyTorch and transformers: the
 * photograph as the model saw it, the tokens of the layer, the map, and the value that was read.
 */
import type { Geometry, PatchPosition } from "./geometry.ts";
import type { ModelCard } from "./messages.ts";

export type PythonMap =
  /** The mean of these patches, or one other token, against every patch; of another photograph if told. */
  | {
      readonly kind: "cosine";
      readonly query:
        | { readonly token: "patches"; readonly patches: readonly PatchPosition[] }
        | { readonly token: "cls" }
        | { readonly token: "register"; readonly index: number };
      readonly target?: { readonly image: string; readonly geometry: Geometry } | undefined;
    }
  | { readonly kind: "cls" | "norm" | "gram" | "pca" }
  /** A map that is Gramscope's own: the program ends with what it is computed from. */
  | { readonly kind: "tokens"; readonly what: string };

export interface PythonView {
  readonly model: Pick<
    ModelCard,
    "source" | "depth" | "registers" | "patch" | "mean" | "std" | "rescale" | "stages"
  >;
  /** The photograph's file name: where it lies is for the reader to say. */
  readonly image: string;
  readonly geometry: Geometry;
  /** Counted from 0. */
  readonly block: number;
  readonly norm: boolean;
  readonly map: PythonMap;
  /** The value that the page shows at a patch of the map. */
  readonly shown?: { readonly patch: PatchPosition; readonly value: number } | undefined;
}

/**
 * Names of files stand in the program as string literals alone, whatever is in them.
 * @returns Python 3 source, ended by a line break
 */
export function pythonSnippet(view: PythonView): string {
  const { map } = view;
  const target = map.kind === "cosine" ? map.target : undefined;
  return `${[
    ...opening(view),
    "",
    "",
    ...pixelsFunction(view),
    "",
    ...tokensFunction(view),
    "",
    ...call("cls, registers, patches", view.image, view.geometry),
    ...(target ? call("_, _, others", target.image, target.geometry) : []),
    "",
    ...mapLines(map, (target ?? view).geometry, view.geometry),
    ...shownLines(view),
  ].join("\n")}\n`;
}

function opening({ model }: PythonView): string[] {
  return [
    "# pip install torch transformers numpy pillow",
    "import numpy as np",
    "import torch",
    "import torch.nn.functional as F",
    "from PIL import Image, ImageOps",
    "from transformers import AutoModel",
    "",
    "# A folder that transformers opens; gramscope export --format safetensors makes one of any model.",
    `MODEL = ${literal(model.source)}`,
    "",
    "model = AutoModel.from_pretrained(MODEL, torch_dtype=torch.float32).eval()",
    "# Towers of image and text have the one for images within.",
    'model = getattr(model, "vision_model", model)',
  ];
}

/** The resize of the whole photograph, then the cut: the same numbers as sampling the part. */
function pixelsFunction({ model, geometry }: PythonView): string[] {
  const { mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225], rescale = 1 / 255 } = model;
  return [
    "def pixels(path, height, width, top, left, rows, cols):",
    '    """The upright photograph resized to height x width, then cut: [1, 3, rows, cols], normalised."""',
    '    photograph = ImageOps.exif_transpose(Image.open(path)).convert("RGB")',
    "    image = torch.from_numpy(np.array(photograph)).permute(2, 0, 1)[None].float()",
    "    if image.shape[-2:] != (height, width):",
    `        image = ${interpolation(geometry.resample)}`,
    "    image = image[:, :, top : top + rows, left : left + cols]",
    `    mean = torch.tensor(${numbers(mean)}).view(1, 3, 1, 1)`,
    `    std = torch.tensor(${numbers(std)}).view(1, 3, 1, 1)`,
    `    return (image * ${rescale === 1 / 255 ? "(1 / 255)" : rescale} - mean) / std`,
    "",
  ];
}

function interpolation(resample: Geometry["resample"]): string {
  const size = "size=(height, width)";
  switch (resample) {
    case "nearest":
      return `F.interpolate(image, ${size}, mode="nearest-exact")`;
    case "lanczos":
      // PyTorch has no such filter; Pillow's rounds to 8 bits on the way.
      return "torch.from_numpy(np.array(photograph.resize((width, height), Image.LANCZOS))).permute(2, 0, 1)[None].float()";
    case "bicubic":
    case "bilinear":
    case "none":
      return `F.interpolate(image, ${size}, mode="${resample === "none" ? "bilinear" : resample}", align_corners=False, antialias=True)`;
  }
}

function tokensFunction({ model, block, norm }: PythonView): string[] {
  const { depth, registers } = model;
  const isLast = block === depth - 1;
  const word = model.stages ? "stage" : "block";
  const head = [
    "@torch.no_grad()",
    "def tokens(image):",
    `    """CLS [d], registers [${registers}, d] and patches [h*w, d] ${where(word, block, depth, norm)}."""`,
  ];
  const tail = [
    `    return x[0].numpy(), x[1 : 1 + ${registers}].numpy(), x[1 + ${registers} :].numpy()`,
    "",
  ];
  if (isLast && norm) {
    return [...head, "    x = model(pixel_values=image).last_hidden_state[0]", ...tail];
  }
  return [
    ...head,
    "    # By a hook: what hidden_states holds has changed between versions of transformers.",
    `    blocks = next(m for m in model.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == ${depth})`,
    "    kept = []",
    `    hook = blocks[${block}].register_forward_hook(lambda _, inputs, output: kept.append(output))`,
    "    model(pixel_values=image)",
    "    hook.remove()",
    "    x = kept[0][0] if isinstance(kept[0], tuple) else kept[0]",
    ...(model.stages
      ? [
          "    # A map of [1, d, h, w]: its mean is CLS.",
          "    x = x[0].flatten(1).T",
          "    x = torch.cat([x.mean(0, keepdim=True), x])",
        ]
      : []),
    ...(norm
      ? [
          '    x = next(getattr(model, n) for n in ("norm", "layernorm", "post_layernorm") if hasattr(model, n))(x)',
        ]
      : []),
    "    x = x.reshape(-1, x.shape[-1])",
    ...tail,
  ];
}

function where(word: string, block: number, depth: number, norm: boolean): string {
  const after = norm ? ", after the final norm" : ", before any norm";
  return `after ${word} ${block} of 0 to ${depth - 1}${after}`;
}

function call(names: string, image: string, geometry: Geometry): string[] {
  const { input, region, image: photograph } = geometry;
  const [scaleY, scaleX] = [input.height / region.height, input.width / region.width];
  const places = [
    Math.round(photograph.height * scaleY),
    Math.round(photograph.width * scaleX),
    Math.round(region.y * scaleY),
    Math.round(region.x * scaleX),
    input.height,
    input.width,
  ];
  return [`${names} = tokens(pixels(${literal(image)}, ${places.join(", ")}))`];
}

/** @param asked where the query's patches lie */
function mapLines(map: PythonMap, { grid }: Geometry, asked: Geometry): string[] {
  const reshape = `.reshape(${grid.rows}, ${grid.cols})`;
  switch (map.kind) {
    case "cosine": {
      const over = map.target ? "others" : "patches";
      return [
        ...unitFunction,
        ...queryLines(map.query, asked.grid.cols),
        `result = (unit(${over}) @ query)${reshape}`,
      ];
    }
    case "cls":
      return [...unitFunction, `result = (unit(patches) @ unit(cls))${reshape}`];
    case "norm":
      return [`result = np.linalg.norm(patches, axis=1)${reshape}`];
    case "gram":
      return [...unitFunction, "result = unit(patches) @ unit(patches).T"];
    case "pca":
      return [
        "# The sign of a component is arbitrary; Gramscope colours three of them as red, green and blue.",
        "centred = patches - patches.mean(axis=0)",
        "_, _, axes = np.linalg.svd(centred, full_matrices=False)",
        `result = (centred @ axes[:3].T).reshape(${grid.rows}, ${grid.cols}, 3)`,
      ];
    case "tokens":
      return [
        `# ${map.what.replace(/[^\w ,.-]/g, "")} is Gramscope's own; these are the tokens that it is computed from.`,
        `result = patches.reshape(${grid.rows}, ${grid.cols}, -1)`,
      ];
  }
}

const unitFunction = [
  "",
  "def unit(rows):",
  "    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)",
  "",
  "",
];

type Query = Extract<PythonMap, { kind: "cosine" }>["query"];

/** @param cols of the query's own grid */
function queryLines(query: Query, cols: number): string[] {
  if (query.token === "cls") return ["query = unit(cls)"];
  if (query.token === "register") return [`query = unit(registers[${query.index}])`];
  const places = query.patches.map(({ row, col }) => `(${row}, ${col})`).join(", ");
  return [
    `asked = [${places}]  # row, column`,
    `query = unit(unit(patches[[row * ${cols} + col for row, col in asked]]).mean(axis=0))`,
  ];
}

function shownLines({ shown }: PythonView): string[] {
  if (!shown) return ["print(result.shape, result.min(), result.max())"];
  const { patch, value } = shown;
  return [
    `print(result[${patch.row}, ${patch.col}], "where Gramscope shows", ${Number(value.toPrecision(6))})`,
  ];
}

/** JSON's strings are Python's. */
function literal(text: string): string {
  return JSON.stringify(text);
}

function numbers(values: readonly number[]): string {
  return `[${values.join(", ")}]`;
}
