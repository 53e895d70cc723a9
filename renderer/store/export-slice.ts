/** Exports: the form, the engine's work on it, and the card of the last one. */
import {
  precisionsOf,
  type ExportDescription,
  type ExportPrecision,
  type ExportWishInput,
  type WritableNames,
} from "../../engine/protocol/exporting.ts";
import type { ModelCard } from "../../engine/protocol/messages.ts";
import { baseName } from "./base-name.ts";
import type { ExportForm, ExportState } from "./export-state.ts";
import type { Slice } from "./look.ts";
import { firstProof, readBars, readProofImages } from "./proof-form.ts";

export const firstExportForm: ExportForm = {
  model: "",
  format: "onnx",
  onnx: ["fp32", "fp16", "int8"],
  directory: "fp32",
  names: "transformers",
  calibrationFolder: "",
  opset: "18",
  isFused: false,
  isProved: true,
  ...firstProof,
  folder: "",
};

export const exportSlice: Slice<ExportState> = (set, get, { engine }) => ({
  exportForm: firstExportForm,
  exporting: undefined,
  exported: undefined,
  setExportForm(change) {
    get().record(`export ${Object.keys(change).join(" ")}`, "export");
    set({ exportForm: { ...get().exportForm, ...change } });
  },
  offerExportModel(path) {
    if (get().exportForm.model === "") get().quietly(() => get().setExportForm({ model: path }));
  },
  async describeExporting() {
    const exporting = await get().run("Asking what can be exported", (options) =>
      engine.call("export.describe", {}, options),
    );
    if (exporting) set({ exporting });
  },
  async startExport() {
    const { exportForm: form, exporting } = get();
    const wish = exportWishOf(form, exporting, modelToExport(get())?.names);
    if ("problem" in wish) return;
    const title = `Exporting ${baseName(wish.model)}`;
    const found = await get().runJob({ tab: "export", title }, (options) =>
      engine.call("export.run", wish, options),
    );
    if (!found) return;
    const pictures = found.pictures.map(({ name, caption, picture }) => ({
      name,
      caption,
      url: URL.createObjectURL(new Blob([picture.data.slice()], { type: "image/png" })),
    }));
    for (const { url } of get().exported?.pictures ?? []) URL.revokeObjectURL(url);
    set({ exported: { ...found, wish, pictures } });
    const { rememberPath } = get();
    rememberPath("export", found.folder);
    rememberPath("model", wish.model);
    if (wish.calibrate !== undefined) rememberPath("images", wish.calibrate);
    if (form.images === "folder" && wish.images !== undefined) rememberPath("images", wish.images);
  },
});

/** The model that is looked at, where it is the one to export: of another nothing is known. */
export function modelToExport({
  model,
  exportForm,
}: {
  readonly model: ModelCard | undefined;
  readonly exportForm: ExportForm;
}): ModelCard | undefined {
  const path = model?.path ?? model?.source;
  return path === exportForm.model.trim() ? model : undefined;
}

/**
 * Whose names a model directory gets: the chosen ones where the model has them, else the first that it
 * has.
 * @param known of the model; undefined where nothing is known of it
 */
export function chosenNames(
  { names }: ExportForm,
  known: readonly WritableNames[] | undefined,
): WritableNames {
  const own = known?.find((one) => one.names === names) ?? { names };
  return own.refusal === undefined ? own : (known?.find((one) => !one.refusal) ?? own);
}

/** The precisions that the form asks for, the most exact first. */
export function chosenPrecisions({ format, onnx, directory }: ExportForm): ExportPrecision[] {
  return format === "onnx" ? precisionsOf.onnx.filter((one) => onnx.includes(one)) : [directory];
}

/** Where it is written to where nothing is said; undefined before the engine and a model are known. */
export function offeredFolder(
  { model, format }: ExportForm,
  exportsFolder: string | undefined,
): string | undefined {
  const name = baseName(model.trim());
  return exportsFolder === undefined || name === ""
    ? undefined
    : `${exportsFolder}/${name}-${format}`;
}

/**
 * What to ask for, or what the form still lacks, in words.
 * @param known names that the model's directory can have, where something is known of it
 */
export function exportWishOf(
  form: ExportForm,
  description: ExportDescription | undefined,
  known?: readonly WritableNames[],
): ExportWishInput | { readonly problem: string } {
  const model = form.model.trim();
  if (model === "") return { problem: "Give a model to export." };
  const precisions = chosenPrecisions(form);
  if (precisions.length === 0) return { problem: "Choose at least one precision." };
  const folder = form.folder.trim() || offeredFolder(form, description?.exportsFolder);
  if (folder === undefined) return { problem: "Asking the engine." };
  const base = { model, folder, format: form.format, precisions, isProved: form.isProved };
  const calibrate = form.calibrationFolder.trim();
  const isStatic = precisions.includes("int8-static");
  if (isStatic && calibrate === "") {
    return { problem: "Give a folder of photographs to calibrate int8-static on." };
  }
  const operators = { opset: Number(form.opset), isFused: form.isFused };
  const { names, refusal } = chosenNames(form, known);
  if (form.format === "safetensors" && refusal !== undefined) {
    return { problem: `${refusal}. Export ONNX instead.` };
  }
  const own = form.format === "onnx" ? { ...operators, ...(isStatic && { calibrate }) } : { names };
  if (!form.isProved) return { ...base, ...own };
  const images = readProofImages(form, description?.samplesFolder);
  if ("problem" in images) return images;
  const bars = readBars(form, precisions);
  return "problem" in bars ? bars : { ...base, ...own, ...images, ...bars };
}
