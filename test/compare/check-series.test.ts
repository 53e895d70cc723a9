/** What makes checkpoints no timeline: another family of the same sizes is told from ours by name. */
import { expect, test } from "vitest";
import { checkSeries, type OpenedCandidate } from "../../engine/compare/check-series.ts";
import type { VitConfig } from "../../engine/model/config.ts";
import { dinov3Traits, type Traits } from "../../engine/model/traits.ts";
import type { FamilyName } from "../../engine/weights/families.ts";
import { tinyConfig } from "../support/training.ts";

function checkpoint(step: number, traits?: Traits, family?: FamilyName): OpenedCandidate {
  const config: VitConfig = { ...tinyConfig, traits };
  return {
    candidate: { path: `run/step-${step}`, name: `step ${step}`, step },
    files: { config, family },
  } as OpenedCandidate;
}

const positions: Traits = { ...dinov3Traits, rotation: "none" };

test("two trained checkpoints of one family are a series", () => {
  checkSeries("run", [checkpoint(1), checkpoint(2)]);
  checkSeries("run", [
    checkpoint(1, positions, "dinov2"),
    checkpoint(2, { ...positions }, "dinov2"),
  ]);
});

test("a DINOv2 of the same width among DINOv3s is refused by name", () => {
  expect(() => checkSeries("run", [checkpoint(1), checkpoint(2, positions, "dinov2")])).toThrow(
    "run/step-2: expected the architecture of run/step-1, DINOv3; received DINOv2",
  );
});

test("within a family, what differs is said", () => {
  const frames = { ...positions, frames: 2 };
  expect(() =>
    checkSeries("run", [checkpoint(1, positions, "vJepa2"), checkpoint(2, frames, "vJepa2")]),
  ).toThrow("expected the architecture of run/step-1, frames 1; received frames 2");
});
