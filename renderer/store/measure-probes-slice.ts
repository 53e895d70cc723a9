/** Probes with labels: one is measured at a time, and what was measured stays for the session. */
import type { ProbeDescription } from "../../engine/protocol/measuring.ts";
import { baseName } from "./base-name.ts";
import type { Slice } from "./look.ts";
import type { ProbeForm, ProbeResult, ProbesState, ProbeWish } from "./measure-probes-state.ts";
import { probeNumbers, readWhole, wholeProblem } from "./measure-numbers.ts";

export const firstProbeForm: ProbeForm = {
  probe: "segmentation",
  model: "",
  data: "scenes",
  folder: "",
  layout: "",
  pairs: "views",
  preset: "",
  size: "",
  train: "",
  test: "",
  seed: "0",
};

export const probesSlice: Slice<ProbesState> = (set, get, { engine }) => {
  let nextId = 1;

  const forget = ({ pictures }: ProbeResult) => {
    for (const { url } of pictures) URL.revokeObjectURL(url);
  };

  return {
    probeForm: firstProbeForm,
    probeResults: [],
    shownResult: undefined,
    setProbeForm(change) {
      get().record(`probe ${Object.keys(change).join(" ")}`, "measure");
      const { probeForm } = get();
      // A preset and a layout are one probe's.
      const isOther = change.probe !== undefined && change.probe !== probeForm.probe;
      const own = isOther ? { preset: "", layout: "", train: "", test: "" } : {};
      set({ probeForm: { ...probeForm, ...own, ...change } });
    },
    async startProbe() {
      const { probeForm: form, measuring } = get();
      const description = measuring?.probes.find(({ name }) => name === form.probe);
      const wish = probeWishOf(form);
      if (!description || "problem" in wish) return;
      const title = `${description.title} of ${baseName(wish.model)}`;
      const found = await get().runJob({ tab: "probes", title }, (options) =>
        engine.call("probe.measure", wish, options),
      );
      if (!found) return;
      const pictures = found.pictures.map(({ case: index, picture, caption }) => ({
        case: index,
        url: URL.createObjectURL(new Blob([picture.data.slice()], { type: "image/png" })),
        caption,
      }));
      const result: ProbeResult = { id: nextId++, wish, report: found.report, pictures };
      // Measured again, it has the same numbers.
      const again = get().probeResults.find((one) => isSame(one, result));
      if (again) forget(again);
      const others = get().probeResults.filter((one) => one !== again);
      set({ probeResults: [...others, result], shownResult: result.id });
      const { rememberPath } = get();
      rememberPath("model", wish.model);
      if (form.data === "folder") rememberPath("labels", wish.data);
    },
    showResult(id) {
      set({ shownResult: id });
    },
    removeResult(id) {
      const gone = get().probeResults.find((one) => one.id === id);
      if (!gone) return;
      forget(gone);
      const probeResults = get().probeResults.filter((one) => one !== gone);
      const alike = probeResults.findLast((one) => one.report.probe === gone.report.probe);
      set({
        probeResults,
        ...(get().shownResult === id ? { shownResult: alike?.id } : {}),
      });
    },
  };
};

const isSame = (a: ProbeResult, b: ProbeResult) =>
  isComparable(a, b) && a.report.model.fingerprint === b.report.model.fingerprint;

/** Whether two numbers were got in the same way, so that they may stand side by side. */
export function isComparable({ report: a }: ProbeResult, { report: b }: ProbeResult): boolean {
  return (
    a.probe === b.probe &&
    a.data.fingerprint === b.data.fingerprint &&
    a.preset === b.preset &&
    a.seed === b.seed &&
    JSON.stringify(sizeOf(a)) === JSON.stringify(sizeOf(b))
  );
}

/** A sweep chooses other settings by itself; the size is the person's. */
const sizeOf = ({ settings }: ProbeResult["report"]) => settings["size"];

/** Checkpoints are called by their folder: their models are all named alike. */
export const nameOf = ({ wish, report }: ProbeResult): string =>
  baseName(wish.model) || report.model.name;

/** What to ask for, or what the form still lacks, in words. */
export function probeWishOf(form: ProbeForm): ProbeWish | { readonly problem: string } {
  const [model, folder, size] = [form.model.trim(), form.folder.trim(), form.size.trim()];
  if (model === "") return { problem: "Give a model to measure." };
  const areScenes = form.data === "scenes";
  if (!areScenes && folder === "") return { problem: "Give a folder of labelled data." };
  const numbers: { size?: number; train?: number; test?: number; seed?: number } = {};
  for (const key of areScenes ? (["size", "train", "test", "seed"] as const) : asOfFolder) {
    const text = key === "size" && size === "native" ? "" : form[key].trim();
    if (text === "" && key !== "seed") continue;
    const value = readWhole(text, probeNumbers[key]);
    if (value === undefined) {
      const instead = key === "size" ? " Or “native”, or nothing for the preset's." : "";
      return { problem: wholeProblem(text, probeNumbers[key]) + instead };
    }
    numbers[key] = value;
  }
  return {
    probe: form.probe,
    model,
    data: areScenes ? "scenes" : folder,
    ...numbers,
    ...(size === "native" ? { size } : {}),
    ...(form.preset === "" ? {} : { preset: form.preset }),
    ...(!areScenes && form.layout !== "" ? { layout: form.layout } : {}),
    ...(areScenes && form.probe === "correspondence" ? { pairs: form.pairs } : {}),
  };
}

/** A folder has as many items as it has. */
const asOfFolder = ["size", "seed"] as const;

/** The preset that counts where none is chosen. */
export function presetOf({ preset, scenes }: ProbeDescription, form: ProbeForm): string {
  return form.preset !== "" ? form.preset : form.data === "scenes" ? scenes.preset : preset;
}
