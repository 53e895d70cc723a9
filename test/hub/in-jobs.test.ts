/** Models by their names in the Hub where a page asks for work: found in the cache, and never downloaded. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCompareJob } from "../../engine/host/compare-job.ts";
import { runExportJob, runVerifyJob } from "../../engine/host/export-job.ts";
import { runProbeJob } from "../../engine/host/probe-job.ts";
import { nameWithCommit } from "../../engine/hub/model-name.ts";
import { exportWish } from "../../engine/protocol/exporting.ts";
import { compareWish, probeWish } from "../../engine/protocol/measuring.ts";
import { verifyWish } from "../../engine/protocol/verifying.ts";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { absolutePaths, hubNames, withCommits } from "../../engine/train/recipe-paths.ts";
import { fixtures } from "../weights/broken-models.ts";
import { firstCommit, repositoryId } from "./hub-server.ts";

const name = `hf:${repositoryId}`;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "gramscope-named-"));
  const repository = path.join(home, "hub/models--org--tiny-vit");
  await mkdir(path.join(repository, "refs"), { recursive: true });
  await writeFile(path.join(repository, "refs/main"), firstCommit);
  const snapshot = path.join(repository, "snapshots", firstCommit);
  await cp(path.join(fixtures, "mlp"), snapshot, { recursive: true });
  vi.stubEnv("HF_HOME", home);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** Models are opened before an executor is asked for. */
const opened = new Error("the model is open");
const job = {
  rope: "fp32",
  signal: new AbortController().signal,
  progress: () => {},
  executor: () => Promise.reject(opened),
} as const;

const probe = (model: string) =>
  runProbeJob(probeWish.parse({ probe: "knn", model, data: "scenes", train: 1, test: 1 }), job);
const compare = (...paths: string[]) =>
  runCompareJob(compareWish.parse({ paths, images: "scenes", limit: 2 }), job);

test("a probe and a comparison open it by its name, with a revision too", async () => {
  await expect(probe(name)).rejects.toBe(opened);
  await expect(probe(`${name}@${firstCommit}`)).rejects.toBe(opened);
  await expect(compare(name, path.join(fixtures, "mlp"))).rejects.toBe(opened);
});

test.each([
  ["a probe", (model: string) => probe(model)],
  ["a comparison", (model: string) => compare(name, model)],
  [
    "an export",
    (model: string) =>
      runExportJob(
        exportWish.parse({ model, folder: home, format: "onnx", precisions: ["fp32"] }),
        job,
      ),
  ],
  ["a proof", (against: string) => runVerifyJob(verifyWish.parse({ path: home, against }), job)],
])("%s with one that is not in the cache says how to get it", async (_what, work) => {
  await expect(work("hf:org/other")).rejects.toMatchObject({
    code: "path.missing",
    message: "hf:org/other: it is not in the Hub's cache on this machine",
    hint: expect.stringMatching(/gramscope get org\/other$/) as string,
  });
});

test("a recipe keeps names, and gets their commits", async () => {
  const recipe = resolveRecipe({
    kind: "distill",
    data: { kind: "scenes" },
    teacher: `${name}#teacher`,
    init: "weights",
    students: [{ name: "one", model: null, init: name }],
    gramTeacher: name,
  });
  const placed = absolutePaths(recipe, "/recipes");
  expect(placed.init).toBe("/recipes/weights");
  expect(hubNames(placed)).toEqual([name, `${name}#teacher`].sort(() => -1));
  const pinned = `${name}@${firstCommit}`;
  expect(await nameWithCommit(`${name}@main`)).toBe(pinned);
  expect(await withCommits(placed)).toMatchObject({
    teacher: `${pinned}#teacher`,
    init: "/recipes/weights",
    students: [{ name: "one", init: pinned }],
    gramTeacher: pinned,
  });
  await expect(withCommits({ ...placed, init: "hf:org/other" })).rejects.toMatchObject({
    code: "path.missing",
  });
});
