/** Training: writes the recipe with the engine's help, follows its run, and asks what the run kept. */
import { toWireError } from "../../engine/protocol/errors.ts";
import type { RecipeJson } from "../../engine/protocol/training.ts";
import type { Slice } from "./look.ts";
import { firstRecipe } from "./first-recipe.ts";
import { gramWeightOf } from "./run-weight.ts";
import { makeWatcher, readRun, watchOf } from "./run-requests.ts";
import { followRun } from "./train-events.ts";
import type { Refusal, ShownRun, TrainState, WatchView } from "./train-state.ts";

/** A recipe is checked after this long without a change, in milliseconds. */
const checkMs = 150;

const noView: WatchView = {
  student: "",
  image: 0,
  step: "latest",
  probe: "pca",
  patch: undefined,
  isBasisHeld: true,
};

/** A first recipe that runs with what is in the box. */
const firstPreset = "laptop-pretrain";

export const trainSlice: Slice<TrainState> = (set, get, services) => {
  const { engine } = services;
  const askWatch = makeWatcher(set, get, services);
  let following: AbortController | undefined;
  let checking: ReturnType<typeof setTimeout> | undefined;

  const check = (recipe: RecipeJson) => {
    clearTimeout(checking);
    checking = setTimeout(() => {
      engine.call("recipe.check", { recipe }, { view: "recipe" }).then(
        ({ error, findings }) =>
          set({
            findings,
            recipeError: error && [error.message, error.hint].filter(Boolean).join(" "),
          }),
        () => {}, // Overtaken, or asked again after the next connection.
      );
    }, checkMs);
  };

  const setRecipe = (recipe: RecipeJson) => {
    get().record(`recipe ${changedKeys(get().recipe, recipe)}`, "train");
    // What was refused is another recipe.
    set({ recipe, refusal: undefined });
    check(recipe);
  };

  /** @returns whether the run began */
  const begin = async (of: Pick<Refusal, "of" | "folder">, work: () => Promise<unknown>) => {
    set({ refusal: undefined, isBeginning: true });
    try {
      await work();
      return true;
    } catch (thrown) {
      const { code, message, hint } = toWireError(thrown);
      set({ refusal: { ...of, message, hint, isMemory: code === "memory" } });
      return false;
    } finally {
      set({ isBeginning: false });
    }
  };

  /** One call at a time: a run answers between two steps, and only the newest weight counts. */
  const tellWeight = async () => {
    for (let told; (told = get().askedGramWeight) !== undefined;) {
      const weight = told;
      const status = await get().run("Telling the run", (options) =>
        engine.call("training.gramWeight", { weight }, options),
      );
      if (status) set({ status });
      if (get().askedGramWeight === weight) set({ askedGramWeight: undefined });
    }
  };

  const watchFirst = ({ record }: ShownRun) => {
    set({ watch: watchOf(record, get().watch), watchAnswer: undefined });
    askWatch();
  };

  return {
    recipes: undefined,
    recipe: {},
    findings: [],
    recipeError: undefined,
    runFolder: "",
    status: undefined,
    refusal: undefined,
    askedGramWeight: undefined,
    isBeginning: false,
    notes: [],
    runs: [],
    batch: undefined,
    assignments: undefined,
    watch: noView,
    watchAnswer: undefined,
    pictures: new Map(),

    async followTraining() {
      following?.abort();
      following = new AbortController();
      const { signal } = following;
      const listen = followRun(set, get, services, askWatch);
      engine.call("training.follow", {}, { signal, onEvent: listen }).catch(() => {}); // Reconnects.
      const recipes = await get().run("Asking for the recipes", (options) =>
        engine.call("recipe.describe", {}, options),
      );
      if (!recipes) return;
      set({ recipes });
      if (Object.keys(get().recipe).length > 0) return;
      set({ runFolder: `${recipes.runsFolder}/${nameOfNow()}` });
      get().quietly(() => get().choosePreset(firstPreset));
    },
    setRecipe,
    choosePreset(name) {
      const { recipes, recipe } = get();
      const preset = recipes?.presets.find((one) => one.name === name);
      if (!recipes || !preset) return;
      // Where the data lie and what is watched is the user's, whatever the preset; at first it is the box.
      const first = firstRecipe(preset, recipes);
      const kept = ["data", "watch", "init", ...(first["kind"] === "distill" ? ["teacher"] : [])];
      const own = kept.flatMap((key) => (key in recipe ? [[key, recipe[key]] as const] : []));
      setRecipe({ ...first, ...Object.fromEntries(own) });
    },
    setRunFolder(runFolder) {
      get().record("run folder", "train");
      set({ runFolder, refusal: undefined });
    },
    async startRun({ isPaused, ignoreMemory = false }) {
      const { recipe, runFolder: folder } = get();
      const hasBegun = await begin({ of: "start", folder }, () =>
        engine.call("training.start", { recipe, folder, isPaused, ignoreMemory }),
      );
      // The next run goes beside it: a folder holds one.
      if (hasBegun) set({ runFolder: `${folder.replace(/[^\\/]+[\\/]*$/, "")}${nameOfNow()}` });
    },
    async resumeRun(folder) {
      await begin({ of: "resume", folder }, () => engine.call("training.resume", { folder }));
    },
    async control(action) {
      await get().run("Telling the run", (options) =>
        engine.call("training.control", { action }, options),
      );
    },
    setGramWeight(gramWeight) {
      if (!gramWeightOf(get()).isLive) {
        setRecipe({ ...get().recipe, gramWeight });
        return;
      }
      const isTelling = get().askedGramWeight !== undefined;
      set({ askedGramWeight: gramWeight });
      if (!isTelling) void tellWeight();
    },
    async openRun(folder) {
      const shown = await get().run("Opening the run", () => readRun(services, folder));
      if (!shown) return;
      const others = get().runs.filter((run) => run.record.folder !== shown.record.folder);
      set({ runs: [...others, shown] });
      if (others.length > 0) return;
      watchFirst(shown);
    },
    closeRun(folder) {
      const [before] = get().runs;
      const runs = get().runs.filter((run) => run.record.folder !== folder);
      set({ runs });
      if (runs[0] && runs[0] !== before) watchFirst(runs[0]);
    },
    async lookAtRun() {
      const { status, runs, watch } = get();
      const run = runs.find(({ record }) => record.folder === status?.folder);
      const step = run?.record.students
        .find(({ name }) => name === watch.student)
        ?.checkpoints.at(-1);
      if (!run || step === undefined) return;
      const folder = [run.record.folder, watch.student].filter(Boolean).join("/");
      const checkpoint = `${folder}/checkpoints/step-${String(step).padStart(6, "0")}/teacher`;
      if (await get().openModel(checkpoint)) set({ page: "look" });
    },
    setWatch(change) {
      // A patch is one of a photograph.
      const patch = "image" in change ? { patch: undefined } : {};
      set({ watch: { ...get().watch, ...patch, ...change } });
      askWatch();
    },
    loadPicture(file, side) {
      const key = `${side} ${file}`;
      if (get().pictures.has(key)) return;
      // Taken at once, so that it is asked for once.
      set({ pictures: new Map(get().pictures).set(key, "") });
      engine.call("run.photograph", { file, side }).then(
        ({ picture }) => {
          const bytes = new Uint8Array(picture.data);
          // The batch that it is of may be gone by now.
          if (!get().pictures.has(key)) return;
          const url = URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
          set({ pictures: new Map(get().pictures).set(key, url) });
        },
        () => {}, // The photograph is gone; its crops are drawn without it.
      );
    },
  };
};

function changedKeys(before: RecipeJson, after: RecipeJson): string {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]).join(" ");
}

/** "2026-11-21-0915", so that folders sort by date. */
function nameOfNow(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
