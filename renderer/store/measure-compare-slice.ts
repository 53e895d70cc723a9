/** Comparing without labels: a run's checkpoints or models, scored one by one, and what follows from it. */
import type { CompareReport } from "../../engine/protocol/comparison.ts";
import type { RecipeJson } from "../../engine/protocol/training.ts";
import { baseName } from "./base-name.ts";
import { firstRecipe } from "./first-recipe.ts";
import type { Slice } from "./look.ts";
import type {
  CompareForm,
  CompareState,
  CompareWish,
  Comparison,
} from "./measure-compare-state.ts";
import { compareNumbers, readWhole, wholeProblem } from "./measure-numbers.ts";

export const firstCompareForm: CompareForm = {
  of: "run",
  run: "",
  models: [""],
  images: "scenes",
  folder: "",
  limit: "64",
  size: "224",
  seed: "0",
  reference: "",
};

/** Settings of a run that its refinement has to share: heads of one shape, crops of one size. */
const sharedSettings = [
  "data",
  "watch",
  "globalSize",
  "localSize",
  "localCrops",
  "dinoHidden",
  "dinoBottleneck",
  "dinoPrototypes",
  "ibotHidden",
  "ibotBottleneck",
  "ibotPrototypes",
] as const;

export const compareSlice: Slice<CompareState> = (set, get, { engine }) => ({
  compareForm: firstCompareForm,
  comparison: undefined,
  setCompareForm(change) {
    get().record(`compare ${Object.keys(change).join(" ")}`, "measure");
    set({ compareForm: { ...get().compareForm, ...change } });
  },
  async startCompare() {
    const { compareForm: form, measuring } = get();
    const wish = compareWishOf(form, measuring?.samplesFolder);
    if ("problem" in wish) return;
    let comparison: Comparison = { wish, scored: [], quality: undefined, report: undefined };
    const [first = ""] = wish.paths;
    const what = form.of === "run" ? baseName(first) : `${wish.paths.length} models`;
    const report = await get().runJob({ tab: "compare", title: `Comparing ${what}` }, (options) =>
      engine.call("compare.run", wish, {
        ...options,
        onEvent({ model, quality }) {
          const scored = [...comparison.scored, model];
          comparison = { ...comparison, scored, quality };
          // What is on screen goes when there is something in its place.
          set({ comparison });
        },
      }),
    );
    if (!report) return;
    const quality = report.degradation?.quality;
    set({ comparison: { wish, scored: report.models, quality, report } });
    const { rememberPath } = get();
    if (form.of === "run") rememberPath("run", first);
    else for (const path of wish.paths.toReversed()) rememberPath("model", path);
    if (form.images === "folder") rememberPath("images", wish.images);
    if (wish.reference !== undefined) rememberPath("model", wish.reference);
  },
  async refineAsAdvised() {
    const { comparison, recipes } = get();
    const preset = recipes?.presets.find(({ name }) => name === "laptop-refine");
    const weights = comparison?.report && refinementOf(comparison.report, comparison.wish);
    if (!recipes || !preset || !weights) return;
    const own = weights.run === undefined ? {} : await get().run("Reading the run", readRecipe);
    if (!own) return;
    get().setRecipe(refineRecipe(firstRecipe(preset, recipes), weights, own));
    set({ page: "train" });

    async function readRecipe(): Promise<RecipeJson> {
      return (await engine.call("run.open", { folder: weights!.run! })).recipe;
    }
  },
  async lookAtCompared(path) {
    if (await get().openModel(path)) set({ page: "look" });
  },
  probeCompared(path) {
    get().setProbeForm({ model: path });
    set({ measureTab: "probes" });
  },
});

/** What to ask for, or what the form still lacks, in words. */
export function compareWishOf(
  form: CompareForm,
  samplesFolder: string | undefined,
): CompareWish | { readonly problem: string } {
  const paths = (form.of === "run" ? [form.run] : form.models)
    .map((path) => path.trim())
    .filter((path) => path !== "");
  if (paths.length === 0) {
    return { problem: form.of === "run" ? "Give the folder of a run." : "Give models to compare." };
  }
  const places = { scenes: "scenes", samples: samplesFolder ?? "", folder: form.folder.trim() };
  const images = places[form.images];
  if (images === "") return { problem: "Give a folder of images." };
  const numbers = { limit: 0, size: 0, seed: 0 };
  for (const key of ["limit", "size", "seed"] as const) {
    const value = readWhole(form[key], compareNumbers[key]);
    if (value === undefined) return { problem: wholeProblem(form[key], compareNumbers[key]) };
    numbers[key] = value;
  }
  const reference = form.reference.trim();
  return { paths, images, ...numbers, ...(reference === "" ? {} : { reference }) };
}

export interface Refinement {
  /** Checkpoint of the advised Gram teacher. */
  readonly teacher: string;
  /** What is refined: the run, whose newest checkpoint is taken, or the last of the models. */
  readonly init: string;
  readonly run: string | undefined;
}

/** @returns undefined where no teacher is advised */
export function refinementOf(report: CompareReport, wish: CompareWish): Refinement | undefined {
  const advice = report.degradation?.recommendation;
  if (advice?.kind !== "teacher") return undefined;
  const teacher = report.models.find(({ step }) => step === advice.step)?.path;
  const last = report.models.find(({ step }) => step === report.degradation?.last)?.path;
  if (teacher === undefined || last === undefined) return undefined;
  const run = report.kind === "run" ? wish.paths[0] : undefined;
  return { teacher, init: run ?? last, run };
}

/** @param own recipe of the run that is refined; nothing of it is known for bare models */
export function refineRecipe(
  first: RecipeJson,
  { teacher, init, run }: Refinement,
  own: RecipeJson,
): RecipeJson {
  const shared = sharedSettings.flatMap((key) => (key in own ? [[key, own[key]] as const] : []));
  const { globalSize } = own;
  return {
    ...first,
    ...Object.fromEntries(shared),
    // The Gram teacher sees twice the resolution, as in the paper.
    ...(typeof globalSize === "number" ? { gramSize: 2 * globalSize } : {}),
    // A run has heads of its own; those of bare models are warmed up first, as the preset does.
    ...(run === undefined ? {} : { headWarmupSteps: 0 }),
    init,
    gramTeacher: teacher,
  };
}
