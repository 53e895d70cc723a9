/** Comparing in the store: what is asked for, what grows, how it ends, and what follows from it. */
import { describe, expect, it } from "vitest";
import type { CompareEvent } from "../../engine/protocol/measuring.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import type { CallOptions } from "../../engine/protocol/connection.ts";
import {
  compareWishOf,
  firstCompareForm,
  refineRecipe,
  refinementOf,
} from "../../renderer/store/measure-compare-slice.ts";
import { compareReport, measureStore, scored, type Answers } from "../support/measure-store.ts";

const form = { ...firstCompareForm, run: " runs/mine " };
const wish = { paths: ["runs/mine"], images: "scenes", limit: 64, size: 224, seed: 0 };
const fine = { kind: "none", reason: "there is no degradation to repair: it rises" } as const;
const teacher = { kind: "teacher", step: 200, reason: "it falls" } as const;

type Options = CallOptions<CompareEvent>;

/** A comparison that is led by hand. */
function led() {
  let options!: Options;
  let settle!: { resolve: (report: unknown) => void; reject: (error: unknown) => void };
  const answers: Answers = {
    "compare.run": (_, given) => {
      options = given as Options;
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
        given.signal?.addEventListener("abort", () =>
          reject(new EngineError("cancelled", "Comparing was cancelled")),
        );
      });
    },
  };
  const { store, asked } = measureStore(answers);
  store.setState({ compareForm: form });
  const state = () => store.getState();
  return {
    state,
    asked,
    start: () => state().startCompare(),
    /** An earlier comparison is on screen. */
    show: (step: number) =>
      store.setState({
        comparison: { wish, scored: [scored(step)], quality: undefined, report: undefined },
      }),
    event: (step: number) =>
      options.onEvent?.({ kind: "scored", model: scored(step), quality: undefined }),
    progress: (fraction: number) => options.onProgress?.({ fraction, label: "step 100" }),
    resolve: (report: unknown) => settle.resolve(report),
    reject: (error: unknown) => settle.reject(error),
  };
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("what is asked for", () => {
  it("is what the form says, without empty lines and the spaces around a path", () => {
    expect(compareWishOf(form, undefined)).toEqual(wish);
    const models = { ...form, of: "models", models: ["a", " ", "b "], reference: " c" } as const;
    expect(compareWishOf(models, undefined)).toEqual({
      ...wish,
      paths: ["a", "b"],
      reference: "c",
    });
    const samples = { ...form, images: "samples", limit: "1,024" } as const;
    expect(compareWishOf(samples, "/box")).toEqual({ ...wish, images: "/box", limit: 1024 });
  });

  it.each([
    [{ run: " " }, /folder of a run/],
    [{ of: "models", models: [""] }, /Give models/],
    [{ images: "folder", folder: "" }, /folder of images/],
    [{ images: "samples" }, /folder of images/],
    [{ limit: "1" }, /At most: expected a whole number from 2 to 10,000, received “1”/],
    [{ size: "" }, /Size: .* 64 to 2,048, received nothing/],
    [{ size: "224.5" }, /received “224.5”/],
    [{ seed: "-1" }, /Seed: .* received “-1”/],
  ] as const)("says what %o lacks", (change, message) => {
    const found = compareWishOf({ ...form, ...change }, undefined);
    expect("problem" in found && found.problem).toMatch(message);
  });
});

describe("while it goes", () => {
  it("the curve grows, and what was found before stays until there is something in its place", async () => {
    const { state, start, event, resolve, asked, show } = led();
    show(7);
    void start();
    await tick();
    expect(asked("compare.run")).toEqual([wish]);
    expect(state().comparison?.scored.map(({ step }) => step)).toEqual([7]);
    expect(state().job).toMatchObject({ tab: "compare", title: "Comparing mine" });
    event(0);
    event(100);
    expect(state().comparison?.scored.map(({ step }) => step)).toEqual([0, 100]);
    const report = compareReport([0, 100, 200], fine);
    resolve(report);
    await tick();
    expect(state().comparison).toMatchObject({ wish, report });
    expect(state().comparison?.quality).toHaveLength(3);
    expect(state().job).toBeUndefined();
    expect(state().recentPaths.run).toEqual(["runs/mine"]);
  });

  it("progress never goes back", async () => {
    const { state, start, progress } = led();
    void start();
    await tick();
    progress(0.5);
    progress(0.3);
    expect(state().job?.fraction).toBe(0.5);
    expect(state().activities[0]?.fraction).toBe(0.5);
  });

  it("a second piece of long work is not begun", async () => {
    const { state, start, asked } = led();
    void start();
    await tick();
    await start();
    expect(await state().runJob({ tab: "probes", title: "" }, () => Promise.resolve(1))).toBe(
      undefined,
    );
    expect(asked("compare.run")).toHaveLength(1);
  });
});

describe("how it ends without a result", () => {
  it("a refusal stands beside the button, is no notice, and goes with the next start", async () => {
    const { state, start, reject, show } = led();
    show(7);
    void start();
    await tick();
    reject(new EngineError("run.missing", "runs/mine: expected a run", { hint: "Name one." }));
    await tick();
    expect(state().jobEnds.compare).toEqual({
      kind: "refused",
      message: "runs/mine: expected a run",
      hint: "Name one.",
    });
    expect(state().notices).toEqual([]);
    expect(state().comparison?.scored.map(({ step }) => step)).toEqual([7]);
    void start();
    await tick();
    expect(state().jobEnds.compare).toBeUndefined();
  });

  it.each(["in the page", "in the status bar"])(
    "cancelled %s, it keeps what was scored",
    async (where) => {
      const { state, start, event } = led();
      void start();
      await tick();
      event(0);
      if (where === "in the page") state().cancelJob();
      else state().activities[0]!.cancel();
      await tick();
      expect(state().jobEnds.compare).toMatchObject({ kind: "cancelled" });
      expect(state().job).toBeUndefined();
      expect(state().comparison).toMatchObject({ scored: [{ step: 0 }], report: undefined });
    },
  );

  it("a lost connection is told as what it is", async () => {
    const { state, start, reject } = led();
    void start();
    await tick();
    reject(new EngineError("connection.lost", "closed"));
    await tick();
    expect(state().jobEnds.compare).toMatchObject({ kind: "interrupted" });
    expect(state().jobEnds.compare?.hint).toMatch(/goes on from there/);
  });
});

describe("what follows from the advice", () => {
  const report = compareReport([100, 200, 300], teacher);
  const place = (step: number) => `/runs/mine/checkpoints/step-${step}`;

  it("a run is refined from its newest checkpoint, towards the advised one", () => {
    const found = refinementOf(report, wish);
    expect(found).toEqual({ teacher: place(200), init: "runs/mine", run: "runs/mine" });
    const models = { ...report, kind: "models" } as const;
    const init = { teacher: place(200), init: place(300), run: undefined };
    expect(refinementOf(models, wish)).toEqual(init);
    expect(refinementOf(compareReport([100, 200], fine), wish)).toBeUndefined();
  });

  it("the recipe shares heads, crops and data with the run, and warms up the heads of bare models", () => {
    const first = {
      kind: "refine",
      headWarmupSteps: 100,
      gramSize: 256,
      data: "box",
      dinoHidden: 512,
    };
    const own = { data: "own", dinoHidden: 64, globalSize: 96, learningRate: 1 };
    const run = refineRecipe(first, { teacher: "T", init: "R", run: "R" }, own);
    expect(run).toEqual({
      kind: "refine",
      headWarmupSteps: 0,
      gramSize: 192,
      globalSize: 96,
      data: "own",
      dinoHidden: 64,
      init: "R",
      gramTeacher: "T",
    });
    const bare = refineRecipe(first, { teacher: "T", init: "M", run: undefined }, {});
    expect(bare).toEqual({ ...first, init: "M", gramTeacher: "T" });
  });

  it("takes it to the page that trains, and starts nothing", async () => {
    const { store, asked } = measureStore({
      "run.open": () => ({
        folder: "runs/mine",
        recipe: { data: { kind: "scenes" } },
        students: [],
      }),
      "recipe.check": () => ({ findings: [] }),
    });
    const preset = {
      name: "laptop-refine",
      title: "",
      source: "",
      note: "",
      recipe: { kind: "refine" },
    };
    store.setState({
      recipes: { fields: {}, presets: [preset], runsFolder: "/runs", samplesFolder: "/box" },
      comparison: { wish, scored: report.models, quality: undefined, report },
    });
    await store.getState().refineAsAdvised();
    expect(store.getState().page).toBe("train");
    expect(store.getState().recipe).toMatchObject({
      kind: "refine",
      preset: "laptop-refine",
      init: "runs/mine",
      gramTeacher: place(200),
      data: { kind: "scenes" },
    });
    expect(asked("training.start")).toEqual([]);
  });

  it("a run that is gone by now is said, and nothing is carried over", async () => {
    const { store } = measureStore({
      "run.open": () => Promise.reject(new EngineError("run.missing", "it is gone")),
    });
    const preset = { name: "laptop-refine", title: "", source: "", note: "", recipe: {} };
    store.setState({
      recipes: { fields: {}, presets: [preset], runsFolder: "/runs", samplesFolder: "/box" },
      comparison: { wish, scored: report.models, quality: undefined, report },
    });
    await store.getState().refineAsAdvised();
    expect(store.getState().page).toBe("look");
    expect(store.getState().notices[0]?.message).toBe("it is gone");
  });

  it("a compared model goes over to the probes", () => {
    const { store } = measureStore();
    store.getState().probeCompared(place(200));
    expect(store.getState()).toMatchObject({
      measureTab: "probes",
      probeForm: { model: place(200) },
    });
  });
});
