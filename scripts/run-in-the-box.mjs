/**
 * The run in the box from nothing: draws its scenes, trains its seven runs one after the other and
 * writes the models that assets/models and assets/run-in-the-box hold, then measures them. Hours on two
 * cores; what is done already is not done again, and a run that was stopped goes on.
 *
 *   node scripts/run-in-the-box.mjs [WORKING_FOLDER]
 *   node scripts/run-in-the-box.mjs WORKING_FOLDER --trial
 *
 * A trial goes the whole way in some minutes, with 64 scenes and four steps a run: whether every step
 * of the way still works, and nothing about what comes out.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ready, root } from "./ready.mjs";

const box = join(root, "assets/run-in-the-box");
const { values, positionals } = parseArgs({
  options: { trial: { type: "boolean", default: false } },
  allowPositionals: true,
});
const { trial } = values;
const fallback = join(root, trial ? ".cache/run-in-the-box-trial" : ".cache/run-in-the-box");
const working = resolve(positionals[0] ?? fallback);
const inWorking = (/** @type {string} */ name) => join(working, name);

/** Pixels. Crops of training are half as wide, but a picture should have more than 7 x 7 patches. */
const shownSide = 224;

/** Models that are kept: where they come from, where they go, and what to say of them. */
/** @type {{ from: string, to: string, name: string, note: string }[]} */
const kept = JSON.parse(readFileSync(join(box, "models.json"), "utf8"));

await ready({ build: true });
mkdirSync(working, { recursive: true });
cpSync(join(box, "recipes"), inWorking("recipes"), { recursive: true });

once("scenes", (out) => {
  // Only their pictures are used: no run has seen a mask.
  const sizes = ["--train", trial ? "64" : "4000", "--test", "1", "--size", "224"];
  gramscope("scenes", "--task", "segmentation", ...sizes, "--out", out);
});
for (const file of readdirSync(inWorking("recipes")).sort()) train(file.replace(/\.json$/, ""));
for (const model of kept) once(join("assets", model.to), (out) => takeAway(model, out));
once("assets/run-in-the-box/survey.json", (out) => {
  const models = kept.map(({ to }) => inWorking(join("assets", to)));
  // Its probes are the same work however little the models have learnt.
  const measured = trial
    ? models.slice(-1)
    : [join(root, "assets/models/untrained-vit"), ...models];
  gramscope("survey", ...measured, "--out", out);
});
console.log(`Done. Compare ${inWorking("assets")} with ${join(root, "assets")}.`);

/** A run that is not there is started, one that stopped goes on. @param {string} name of a recipe */
function train(name) {
  const run = inWorking(join("runs", name));
  const few = trial ? ["--steps", "4"] : [];
  if (!existsSync(run)) gramscope("train", inWorking(`recipes/${name}.json`), "--out", run, ...few);
  else gramscope("resume", run);
}

/**
 * @param {{ from: string, name: string, note: string }} model
 * @param {string} out
 */
function takeAway({ from, name, note }, out) {
  const words = ["--name", name, "--note", note];
  const form = ["--format", "safetensors", "--precision", "fp16", "--no-parity"];
  // A short run has no checkpoint of its later steps.
  const source = trial ? from.replace(/\/checkpoints\/.*/, "") : from;
  gramscope("export", "--model", inWorking(source), ...form, ...words, "--out", out);
  // Its card is docs/run-in-the-box.md.
  rmSync(join(out, "README.md"));
  const file = join(out, "preprocessor_config.json");
  const preprocessor = JSON.parse(readFileSync(file, "utf8"));
  preprocessor.size = { height: shownSide, width: shownSide };
  writeFileSync(file, `${JSON.stringify(preprocessor, undefined, 2)}\n`);
}

/**
 * A file or folder that appears when it is whole.
 * @param {string} name
 * @param {(out: string) => void} make
 */
function once(name, make) {
  if (existsSync(inWorking(name))) return;
  const unfinished = inWorking("unfinished");
  rmSync(unfinished, { recursive: true, force: true });
  make(unfinished);
  mkdirSync(join(inWorking(name), ".."), { recursive: true });
  renameSync(unfinished, inWorking(name));
}

/** @param {string[]} args */
function gramscope(...args) {
  console.log(`gramscope ${args.join(" ")}`);
  const program = join(root, "scripts/gramscope.mjs");
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
