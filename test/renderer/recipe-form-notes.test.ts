import { expect, test } from "vitest";
import { metricKeys } from "../../engine/runs/metrics-log.ts";
import { guideOf, noteOf, termNotes } from "../../engine/protocol/term-notes.ts";

test("every measure of metrics.jsonl has a note, but for what is no measure", () => {
  const without = metricKeys.filter((key) => !(key in termNotes));
  expect(without).toEqual(["step", "elapsed_s"]);
});

test("an unknown measure goes by its own name", () => {
  expect(noteOf("later")).toMatchObject({ title: "later", group: "other", factor: 1 });
});

test("the guide is ln K, the reference's 11.09 for 65,536 prototypes", () => {
  const guide = guideOf("dino_global", { dinoPrototypes: 65_536 });
  // As many digits as dinov3.md H.3 gives.
  expect(guide?.value).toBeCloseTo(11.09, 2);
  expect(guide?.label).toBe("ln 65,536");
});

test("crops without a mask pull the guide of iBOT down", () => {
  const guide = guideOf("ibot", { ibotPrototypes: 98_304, maskProbability: 0.5 });
  expect(guide?.value).toBeCloseTo(11.5 / 2, 2);
  expect(guideOf("ibot", { ibotPrototypes: 98_304, maskProbability: 0 })).toBeUndefined();
  expect(guideOf("koleo", { dinoPrototypes: 1024 })).toBeUndefined();
});
