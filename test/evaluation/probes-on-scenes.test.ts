/** The probes without training, whole: scenes, the bundled untrained model, the CPU executor. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import {
  correspondencePresets,
  measureCorrespondence,
} from "../../engine/evaluation/correspondence.ts";
import { discoveryPresets, measureDiscovery } from "../../engine/evaluation/discovery.ts";
import { fewShotPresets, measureFewShot } from "../../engine/evaluation/few-shot.ts";
import { freeze } from "../../engine/evaluation/frozen-backbone.ts";
import type { Measured } from "../../engine/evaluation/measuring.ts";
import { probeReport } from "../../engine/evaluation/probe-report.ts";
import { PreparedPrograms } from "../../engine/evaluation/similarity.ts";
import { measureTracking, trackingPresets } from "../../engine/evaluation/tracking.ts";
import { chooseExecutor } from "../../engine/executors/choose.ts";
import { objectNames } from "../../engine/scenes/classes.ts";
import { sceneSet } from "../../engine/scenes/scene-sets.ts";
import { openModelFiles } from "../../engine/weights/open-model.ts";

const model = fileURLToPath(new URL("../../assets/models/untrained-vit", import.meta.url));
const { executor } = await chooseExecutor("cpu");
const around = {
  backbone: await freeze(await openModelFiles(model), executor),
  programs: new PreparedPrograms(executor),
};
const options = { seed: 11, side: 96, train: 3, test: 2 };
const size = { kind: "native" } as const;

const probes: Record<string, () => Promise<Measured<unknown>>> = {
  correspondence: () =>
    measureCorrespondence(sceneSet("correspondence", options), around, {
      preset: "views",
      settings: { ...correspondencePresets.views, size },
      seed: 1,
    }),
  discovery: () =>
    measureDiscovery(sceneSet("discovery", options), around, {
      preset: "paper",
      settings: discoveryPresets.paper,
      seed: 1,
    }),
  tracking: () =>
    measureTracking(sceneSet("tracking", { ...options, test: 1, frames: 4 }), around, {
      preset: "small",
      settings: trackingPresets.small,
      seed: 1,
    }),
  "few-shot": () =>
    measureFewShot(sceneSet("segmentation", { ...options, train: 8, test: 4 }), around, {
      preset: "small",
      settings: { ...fewShotPresets.small, foreground: objectNames, kept: [0.25, 0.75] },
      seed: 1,
    }),
};

it.each(Object.keys(probes))("%s gives a whole report, the same each time", async (name) => {
  const [first, second] = [await probes[name]!(), await probes[name]!()];
  expect(probeReport.parse(first.report)).toEqual(first.report);
  expect(first.report.probe).toBe(name);
  expect({ ...second.report, elapsedSeconds: 0 }).toEqual({ ...first.report, elapsedSeconds: 0 });
  expect(second.drawings).toEqual(first.drawings);
  expect(first.drawings).toHaveLength(first.report.cases.length);
  // Random weights are neither right nor wrong everywhere.
  const [main] = first.report.numbers;
  expect(main!.value).toBeGreaterThan(0);
  expect(main!.value).toBeLessThan(1);
});
