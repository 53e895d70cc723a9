/** Measuring without its looks: advice in words, the table, numbers and axes, what is kept and addressed. */
import { describe, expect, it } from "vitest";
import { adviceOf } from "../../renderer/panels/measure/advice.ts";
import {
  bestSteps,
  columnsOf,
  nextOrder,
  rowsOf,
  sorted,
  tableAsCsv,
} from "../../renderer/panels/measure/compare-table.ts";
import {
  axisOver,
  formatScore,
  formatSeconds,
  withUnit,
} from "../../renderer/panels/measure/measured-numbers.ts";
import { followAddress } from "../../renderer/store/address.ts";
import { offeredPaths } from "../../renderer/store/measure-paths.ts";
import { rememberMeasuring } from "../../renderer/store/measure-remember.ts";
import { compareReport, description, measureStore, scored } from "../support/measure-store.ts";

describe("the advice", () => {
  it("is a sentence with what to do and why, the rest beside it", () => {
    const reason =
      "from its peak at step 1200 to step 3000 it falls; as good within noise: step 900";
    const report = compareReport([900, 1200, 3000], { kind: "teacher", step: 1200, reason });
    expect(adviceOf(report)).toEqual({
      tone: "fading",
      headline: "Dense features are fading: best at step 1,200",
      sentence:
        "Take step 1,200 as the Gram teacher, because from its peak at step 1,200 to step 3,000 it falls.",
      remarks: ["As good within noise: step 900."],
    });
  });

  it("calls listed models by their names", () => {
    const report = compareReport([1, 2], {
      kind: "teacher",
      step: 2,
      reason: "step 2 beats step 1",
    });
    const named = {
      ...report,
      kind: "models" as const,
      models: report.models.map((model, i) => ({ ...model, name: ["old", "new"][i]! })),
    };
    expect(adviceOf(named)).toMatchObject({
      headline: "Dense features are fading: best at new",
      sentence: "Take new as the Gram teacher, because new beats old.",
    });
  });

  it("says once that there is nothing to repair, and when it cannot tell", () => {
    const none = { kind: "none", reason: "there is no degradation to repair: it rises" } as const;
    expect(adviceOf(compareReport([1], none))).toMatchObject({
      headline: "No degradation to repair",
      sentence: "It rises.",
    });
    const unclear = { kind: "unclear", reason: "too few images to tell: 3" } as const;
    expect(adviceOf(compareReport([1], unclear))?.tone).toBe("unclear");
    expect(adviceOf({ ...compareReport([1], none), degradation: undefined })).toBeUndefined();
  });
});

describe("the table", () => {
  const wish = { paths: ["r"], images: "scenes" };
  const models = [
    scored(100, { locality: 0.3, mapRoughness: 0.2 }),
    scored(1000, { locality: 0.5, mapRoughness: 0.4 }),
    scored(20, { locality: 0.5 }),
  ];
  const quality = [{ step: 100, mean: -1, low: -2, high: 0 }];
  const rows = rowsOf({ wish, scored: models, quality, report: undefined });
  const columns = columnsOf(rows, description.scores);
  const steps = (key: "step" | "name" | "mapRoughness", isDescending: boolean) =>
    sorted(rows, { key, isDescending }).map(({ model }) => model.step);

  it("has dense quality first, then the scores that are there, with what they are", () => {
    expect(columns.map(({ key }) => key)).toEqual(["quality", "locality", "mapRoughness"]);
    expect(columns[2]).toMatchObject({
      isBetter: "lower",
      about: "Geary's C. Source: Geary 1954.",
    });
  });

  it("is put in any order; what has no value comes last, whichever way", () => {
    expect(steps("step", false)).toEqual([20, 100, 1000]);
    expect(steps("name", false)).toEqual([20, 100, 1000]);
    expect(steps("mapRoughness", false)).toEqual([100, 1000, 20]);
    expect(steps("mapRoughness", true)).toEqual([1000, 100, 20]);
  });

  it("shows the best of a column on top at the first press, and turns round at the next", () => {
    const byStep = { key: "step", isDescending: false } as const;
    const rough = nextOrder(byStep, columns[2]!);
    expect(rough).toEqual({ key: "mapRoughness", isDescending: false });
    expect(nextOrder(byStep, columns[1]!).isDescending).toBe(true);
    expect(nextOrder(rough, columns[2]!).isDescending).toBe(true);
  });

  it("marks the best of what has a better way, and none where all are alike", () => {
    expect([...bestSteps(rows, columns[1]!)]).toEqual([1000, 20]);
    expect([...bestSteps(rows, columns[2]!)]).toEqual([100]);
    expect(bestSteps(rows, { ...columns[2]!, isBetter: "neither" }).size).toBe(0);
    expect(bestSteps(rows.slice(0, 1), columns[1]!).size).toBe(0);
  });

  it("is copied with the ends of every interval, commas and quotes kept", () => {
    const odd = { ...models[0]!, name: 'a "b", c' };
    const [row] = rowsOf({ wish, scored: [odd], quality: undefined, report: undefined });
    expect(tableAsCsv([row!], columns)).toBe(
      "name,step,path,quality,quality low,quality high,locality,locality low,locality high," +
        "mapRoughness,mapRoughness low,mapRoughness high\n" +
        `"a ""b"", c",100,${odd.path},,,,0.3,${0.3 - 0.1},0.4,0.2,0.1,${0.2 + 0.1}\n`,
    );
  });
});

describe("numbers", () => {
  it("carry their unit and no more digits than they have", () => {
    expect(withUnit(0.7213, "fraction")).toBe("72.1 %");
    expect(withUnit(1.23456, "metres")).toBe("1.235 m");
    expect(withUnit(3.26, "pixels")).toBe("3.3 px");
    expect(withUnit(-0.5, "none")).toBe("−0.500");
    expect([25.61, 0.5149, -0.0018, 0, 130.2].map(formatScore)).toEqual([
      "25.6",
      "0.515",
      "−0.0018",
      "0.000",
      "130",
    ]);
    expect([0.84, 41.4, 200].map(formatSeconds)).toEqual(["0.8 s", "41 s", "3 min 20 s"]);
  });

  it("lie on an axis with round ends, which nearly equal ones do not blow up", () => {
    expect(axisOver([0.28, 0.51], 0.1).ticks).toEqual([0.2, 0.3, 0.4, 0.5, 0.6]);
    const narrow = axisOver([0.5, 0.501], 0.1, [0, 1]);
    expect(narrow.to - narrow.from).toBeGreaterThanOrEqual(0.1);
    expect(axisOver([0.01, 0.02], 0.1, [0, 1]).from).toBe(0);
    expect(axisOver([0.99, 1], 0.1, [0, 1]).to).toBe(1);
    for (const values of [[-3, 12], [1e-4], [250, 251], [0, 0]]) {
      const { from, to, ticks } = axisOver(values, 1e-3);
      expect(from).toBeLessThanOrEqual(Math.min(...values));
      expect(to).toBeGreaterThanOrEqual(Math.max(...values));
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(9);
    }
  });
});

describe("paths that are offered", () => {
  it("come with what is open first, each once, the box last", () => {
    const { store } = measureStore();
    const model = (path: string) => ({ path, name: path, kind: "model" as const, exists: true });
    store.setState({
      measuring: description,
      info: { models: [{ name: "bundled", path: "/box/vit", trained: false }] } as never,
      comparison: {
        wish: { paths: ["r"], images: "scenes" },
        scored: [scored(5)],
        quality: undefined,
        report: undefined,
      },
      recent: [model("/lately"), { ...model("/gone"), exists: false }],
    });
    store.getState().rememberPath("model", "/used");
    store.getState().rememberPath("model", "/lately");
    const paths = offeredPaths(store.getState(), "model").map(({ path }) => path);
    expect(paths).toEqual([scored(5).path, "/lately", "/used", "/box/vit"]);
    expect(offeredPaths(store.getState(), "images").map(({ path }) => path)).toEqual([
      "/box/samples",
    ]);
  });

  it("are the last eight that were used", () => {
    const { store } = measureStore();
    for (let i = 0; i < 12; i++) store.getState().rememberPath("run", `/run ${i}`);
    store.getState().rememberPath("run", "/run 6");
    expect(store.getState().recentPaths.run.map((path) => path.slice(5))).toEqual(
      "6 11 10 9 8 7 5 4".split(" "),
    );
  });
});

/** What a browser keeps. */
function storage(kept = new Map<string, string>()) {
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe("over a reload", () => {
  it("what was filled in is there again, and what was being done is told as cancelled", () => {
    const [local, session] = [storage(), storage()];
    const { store } = measureStore();
    rememberMeasuring(store, local, session);
    store.getState().setCompareForm({ run: "/mine", limit: "12" });
    store.getState().setProbeForm({ model: "/vit", probe: "depth" });
    store.getState().rememberPath("run", "/mine");
    void store
      .getState()
      .runJob({ tab: "compare", title: "Comparing mine" }, () => new Promise(() => {}));

    const next = measureStore().store;
    rememberMeasuring(next, local, session);
    expect(next.getState()).toMatchObject({
      compareForm: { run: "/mine", limit: "12" },
      probeForm: { model: "/vit", probe: "depth" },
      recentPaths: { run: ["/mine"] },
      job: undefined,
    });
    expect(next.getState().jobEnds.compare?.message).toBe(
      "Comparing mine was cancelled when this page was reloaded.",
    );
    // Another window was at nothing.
    const other = measureStore().store;
    rememberMeasuring(other, local, storage());
    expect(other.getState().jobEnds).toEqual({});
    expect(other.getState().recentPaths.run).toEqual(["/mine"]);
  });

  it("what is spoilt, or refused, is as if it were not there", () => {
    const { store } = measureStore();
    const before = store.getState();
    const spoilt = storage(
      new Map([
        ["gramscope paths", '{"run":[1]}'],
        ["gramscope measuring", '{"compareForm":{"of":"nothing"}}'],
      ]),
    );
    const refusing = {
      getItem: () => {
        throw new Error("private");
      },
      setItem: () => {
        throw new Error("private");
      },
    };
    for (const kept of [spoilt, refusing]) {
      rememberMeasuring(store, kept, kept);
      expect(store.getState().compareForm).toBe(before.compareForm);
      expect(store.getState().recentPaths).toEqual(before.recentPaths);
      store.getState().rememberPath("run", "/a");
      store.setState({ recentPaths: before.recentPaths });
    }
  });
});

describe("the address", () => {
  const open = (search: string) => {
    const { store } = measureStore();
    const bar = {
      location: { search, hash: "", pathname: "/" },
      history: {
        replaceState: (_: unknown, __: string, url: string) => {
          bar.location.search = url.slice(1);
        },
      },
    };
    followAddress(store, bar);
    const written = () =>
      new Promise<string>((resolve) => setTimeout(() => resolve(bar.location.search), 450));
    return { store, written };
  };

  it("keeps tab, probe and scene", async () => {
    const search = "?page=measure&tab=scenes&measures=depth&scene=4/99&world=views&shows=depth";
    const { store } = open(search);
    expect(store.getState()).toMatchObject({
      page: "measure",
      measureTab: "scenes",
      probeForm: { probe: "depth" },
      scenes: { seed: 4, index: 99, mode: "views", layer: "depth" },
    });
    expect(store.getState().notices).toEqual([]);
    const { store: second, written } = open("?token=t");
    second.getState().setPage("measure");
    second.getState().setMeasureTab("probes");
    second.getState().setProbeForm({ probe: "knn" });
    expect(await written()).toBe("?token=t&page=measure&tab=probes&measures=knn");
    second.getState().setPage("look");
    expect(await written()).toBe("?token=t");
  });

  it("says which part it could not read", () => {
    const { store } = open("?page=measure&tab=nothing&scene=1&kind=portrait");
    expect(store.getState()).toMatchObject({
      measureTab: "compare",
      scenes: { seed: 0, index: 0, kind: "portrait" },
    });
    expect(store.getState().notices[0]?.message).toMatch(
      /tab: expected compare, probes, scenes, received "nothing"; scene: expected SEED\/INDEX/,
    );
  });
});
