/** Training: writes the recipe with the engine's help, follows its run, and asks what the run kept. */
import { toWireError } from "../../engine/protocol/errors.ts";
import type { RecipeJson, TrainingEvent } from "../../engine/protocol/training.ts";
import { appended, noCurves, type Curves } from "./curves.ts";
import type { Look, Services, Slice } from "./look.ts";
import { askWatch, readRun } from "./run-requests.ts";
import type { ShownRun, TrainState, WatchView } from "./train-state.ts";

/** Points are shown this often at most, in milliseconds: nobody sees more. */
const drawMs = 200;
/** A recipe is checked after this long without a change, in milliseconds. */
const checkMs = 150;

const longestLog = 60;

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
    set({ recipe });
    check(recipe);
  };

  const begin = async (work: () => Promise<unknown>) => {
    set({ refusal: undefined });
    try {
      await work();
    } catch (thrown) {
      const { code, message, hint } = toWireError(thrown);
      set({ refusal: { message, hint, isMemory: code === "memory" } });
    }
  };

  return {
    page: "look",
    recipes: undefined,
    recipe: {},
    findings: [],
    recipeError: undefined,
    runFolder: "",
    status: undefined,
    refusal: undefined,
    notes: [],
    runs: [],
    batch: undefined,
    assignments: undefined,
    watch: noView,
    watchAnswer: undefined,
    pictures: new Map(),

    setPage(page) {
      set({ page });
    },
    async followTraining() {
      following?.abort();
      following = new AbortController();
      const { signal } = following;
      const listen = eventListener(set, get, services);
      engine.call("training.follow", {}, { signal, onEvent: listen }).catch(() => {}); // Reconnects.
      const recipes = await get().run("Asking for the recipes", (options) =>
        engine.call("recipe.describe", {}, options),
      );
      if (!recipes) return;
      set({ recipes });
      if (Object.keys(get().recipe).length > 0) return;
      set({ runFolder: `${recipes.runsFolder}/${nameOfNow()}` });
      get().choosePreset(firstPreset);
    },
    setRecipe,
    choosePreset(name) {
      const { recipes, recipe } = get();
      const preset = recipes?.presets.find((one) => one.name === name);
      if (!recipes || !preset) return;
      // Where the data lie is the user's, whatever the preset; at first it is the box.
      const data = recipe["data"] ?? { kind: "folder", path: recipes.samplesFolder };
      const kept = Object.fromEntries(
        ["init", "teacher", "watch"].flatMap((key) =>
          key in recipe ? [[key, recipe[key]] as const] : [],
        ),
      );
      const watch = kept["watch"] ?? [`${recipes.samplesFolder}/coffee.jpg`];
      setRecipe({ ...preset.recipe, ...kept, preset: preset.name, data, watch });
    },
    setRunFolder(runFolder) {
      set({ runFolder });
    },
    startRun({ isPaused, ignoreMemory = false }) {
      const { recipe, runFolder: folder } = get();
      return begin(() => engine.call("training.start", { recipe, folder, isPaused, ignoreMemory }));
    },
    resumeRun(folder) {
      return begin(() => engine.call("training.resume", { folder }));
    },
    async control(action) {
      await get().run("Telling the run", (options) =>
        engine.call("training.control", { action }, options),
      );
    },
    async openRun(folder) {
      const shown = await get().run("Opening the run", () => readRun(services, folder));
      if (!shown) return;
      const others = get().runs.filter((run) => run.record.folder !== shown.record.folder);
      set({ runs: [...others, shown] });
      if (others.length > 0) return;
      set({ watch: { ...noView, student: shown.record.students[0]?.name ?? "" } });
      await askWatch(set, get, services);
    },
    closeRun(folder) {
      set({ runs: get().runs.filter((run) => run.record.folder !== folder) });
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
      set({ watch: { ...get().watch, ...change } });
      void askWatch(set, get, services);
    },
    loadPicture(file, side) {
      const key = `${side} ${file}`;
      if (get().pictures.has(key)) return;
      // Taken at once, so that it is asked for once.
      set({ pictures: new Map(get().pictures).set(key, "") });
      engine.call("run.photograph", { file, side }).then(
        ({ picture }) => {
          const bytes = new Uint8Array(picture.data);
          const url = URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
          set({ pictures: new Map(get().pictures).set(key, url) });
        },
        () => {}, // The photograph is gone; its crops are drawn without it.
      );
    },
  };
};

type Set = (change: Partial<Look>) => void;
type Get = () => Look;

function eventListener(set: Set, get: Get, services: Services): (event: TrainingEvent) => void {
  /** Points by student that wait to be drawn. */
  const waiting = new Map<string, Record<string, number>[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let folder: string | undefined;

  const draw = () => {
    timer = undefined;
    const { runs } = get();
    const own = runs.find((run) => run.record.folder === folder);
    if (!own) return;
    const curves = new Map<string, Curves>(own.curves);
    for (const [student, rows] of waiting) {
      curves.set(student, appended(curves.get(student) ?? noCurves, rows));
    }
    waiting.clear();
    set({ runs: runs.map((run) => (run === own ? { ...run, curves } : run)) });
  };

  const enter = async (next: string) => {
    folder = next;
    waiting.clear();
    const shown = await readRun(services, next).catch(() => undefined);
    if (!shown || folder !== next) return;
    set({ runs: [shown, ...get().runs.filter((run) => run.record.folder !== next)] });
    draw();
    set({ watch: { ...noView, student: shown.record.students[0]?.name ?? "" } });
    await askWatch(set, get, services);
  };

  return (event) => {
    switch (event.kind) {
      case "status":
        set({ status: event.status });
        if (event.status.folder !== folder) {
          set({ notes: [], batch: undefined, assignments: undefined, watchAnswer: undefined });
          void enter(event.status.folder);
        }
        return;
      case "step": {
        const rows = waiting.get(event.student) ?? [];
        waiting.set(event.student, [...rows, event.metrics]);
        timer ??= setTimeout(draw, drawMs);
        return;
      }
      case "batch":
        set({ batch: { step: event.step, images: event.images } });
        return;
      case "assignments":
        set({ assignments: event });
        return;
      case "note":
        set({ notes: [...get().notes.slice(1 - longestLog), event.text] });
        return;
      case "checkpoint":
      case "snapshot":
        keep(set, get, event, folder);
        if (event.kind === "snapshot" && get().watch.step === "latest") {
          void learnWatched(set, get, services).then(() => askWatch(set, get, services));
        }
    }
  };
}

/** A checkpoint or a snapshot joins the record of the run that made it. */
function keep(
  set: Set,
  get: Get,
  event: TrainingEvent & { kind: "checkpoint" | "snapshot" },
  folder: string | undefined,
): void {
  const list = event.kind === "checkpoint" ? "checkpoints" : "snapshots";
  const add = (run: ShownRun): ShownRun => ({
    ...run,
    record: {
      ...run.record,
      students: run.record.students.map((student) =>
        student.name === event.student && !student[list].includes(event.step)
          ? { ...student, [list]: [...student[list], event.step] }
          : student,
      ),
    },
  });
  set({ runs: get().runs.map((run) => (run.record.folder === folder ? add(run) : run)) });
}

/** What is watched is known with the first snapshot. */
async function learnWatched(set: Set, get: Get, services: Services): Promise<void> {
  const [run, ...others] = get().runs;
  if (!run || run.record.students.every(({ watched }) => watched.length > 0)) return;
  const fresh = await readRun(services, run.record.folder).catch(() => undefined);
  if (fresh && get().runs[0] === run) set({ runs: [{ ...run, record: fresh.record }, ...others] });
}

/** "2026-11-21-0915", so that folders sort by date. */
function nameOfNow(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
