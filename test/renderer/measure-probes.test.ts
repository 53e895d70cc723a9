/** Probes in the store: what is asked for, what stands side by side, and what goes. */
import { describe, expect, it, vi } from "vitest";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import type { ProbeReport } from "../../engine/protocol/probe-report.ts";
import {
  firstProbeForm,
  isComparable,
  presetOf,
  probeWishOf,
} from "../../renderer/store/measure-probes-slice.ts";
import type { ProbeResult } from "../../renderer/store/measure-probes-state.ts";
import { description, measureStore, probeReport } from "../support/measure-store.ts";

const form = { ...firstProbeForm, model: "models/mine" };

describe("what is asked for", () => {
  it("leaves to the probe what nobody wrote", () => {
    const plain = { probe: "segmentation", model: "models/mine", data: "scenes", seed: 0 };
    expect(probeWishOf(form)).toEqual(plain);
    const written = { ...form, preset: "paper", size: "448", train: "10", test: "5", seed: "3" };
    expect(probeWishOf(written)).toEqual({
      ...plain,
      preset: "paper",
      size: 448,
      train: 10,
      test: 5,
      seed: 3,
    });
    expect(probeWishOf({ ...form, size: " native " })).toEqual({ ...plain, size: "native" });
    expect(probeWishOf({ ...form, probe: "correspondence" })).toMatchObject({ pairs: "views" });
  });

  it("of a folder has a layout, and no number of scenes", () => {
    const folder = { ...form, data: "folder", folder: "/data", layout: "voc", train: "x" } as const;
    expect(probeWishOf(folder)).toEqual({
      probe: "segmentation",
      model: "models/mine",
      data: "/data",
      layout: "voc",
      seed: 0,
    });
  });

  it.each([
    [{ model: "" }, /Give a model/],
    [{ data: "folder" }, /labelled data/],
    [{ size: "8" }, /Size: .* 16 to 4,096, received “8”\. Or “native”/],
    [{ test: "0" }, /Test on: .* received “0”/],
    [{ seed: "" }, /Seed: .* received nothing/],
  ] as const)("says what %o lacks", (change, message) => {
    const found = probeWishOf({ ...form, ...change });
    expect("problem" in found && found.problem).toMatch(message);
  });

  it("another probe starts without the preset and the numbers of the last", () => {
    const { store } = measureStore();
    store.setState({
      probeForm: { ...form, preset: "paper", layout: "voc", train: "9", seed: "4" },
    });
    store.getState().setProbeForm({ probe: "knn" });
    expect(store.getState().probeForm).toEqual({ ...form, probe: "knn", seed: "4" });
  });

  it("the preset that counts is named where none is chosen", () => {
    const [probe] = description.probes;
    expect(presetOf(probe!, form)).toBe("quick");
    expect(presetOf(probe!, { ...form, data: "folder" })).toBe("paper");
    expect(presetOf(probe!, { ...form, preset: "own" })).toBe("own");
  });
});

const result = (id: number, report: Partial<ProbeReport> = {}): ProbeResult => ({
  id,
  wish: { probe: "segmentation", model: `models/${id}`, data: "scenes" },
  report: probeReport(report),
  pictures: [],
});

describe("what stands side by side", () => {
  it.each([
    [{ model: { name: "other", fingerprint: "other" } }, true],
    [{ probe: "depth" }, false],
    [{ preset: "paper" }, false],
    [{ seed: 1 }, false],
    [{ data: { description: "scenes", fingerprint: "others" } }, false],
    [{ settings: { size: "square 448" } }, false],
    [{ settings: { size: "square 224", learningRate: 1 } }, true],
  ] as const)("%o: %s", (change, expected) => {
    expect(isComparable(result(1), result(2, change))).toBe(expected);
  });
});

describe("results", () => {
  const bytes = toWireTensor(new Uint8Array([1, 2, 3]), [3]);

  async function measured(...models: readonly string[]) {
    const { store } = measureStore({
      "probe.measure": ({ model }: { model: string }) => ({
        report: probeReport({
          model: { name: "ViT", fingerprint: model },
          cases: [{ name: "scene 1", score: 0.5, place: "best", index: 1 }],
        }),
        pictures: [{ case: 0, picture: bytes, caption: "a scene" }],
      }),
    });
    store.setState({ measuring: description });
    for (const model of models) {
      store.getState().setProbeForm({ model });
      await store.getState().startProbe();
    }
    return store;
  }

  it("stay for the session, with their pictures; the last one is shown", async () => {
    const store = await measured("a", "b");
    const { probeResults, shownResult, recentPaths } = store.getState();
    expect(probeResults.map(({ wish }) => wish.model)).toEqual(["a", "b"]);
    expect(shownResult).toBe(probeResults[1]!.id);
    const { url, caption } = probeResults[0]!.pictures[0]!;
    expect(caption).toBe("a scene");
    expect([...new Uint8Array(await (await fetch(url)).arrayBuffer())]).toEqual([1, 2, 3]);
    expect(recentPaths.model).toEqual(["b", "a"]);
  });

  it("the same once more takes the place of the first, whose pictures are let go", async () => {
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const store = await measured("a", "b", "a");
    expect(store.getState().probeResults.map(({ wish }) => wish.model)).toEqual(["b", "a"]);
    expect(revoked).toHaveBeenCalledTimes(1);
    revoked.mockRestore();
  });

  it("one that is taken away gives its place to the last of the same probe", async () => {
    const store = await measured("a", "b");
    const [a, b] = store.getState().probeResults;
    store.getState().removeResult(b!.id);
    expect(store.getState().probeResults).toEqual([a]);
    expect(store.getState().shownResult).toBe(a!.id);
    store.getState().removeResult(a!.id);
    expect(store.getState().shownResult).toBeUndefined();
  });
});
