/**
 * The main figure of the README: what random weights and the models of the run in the box see in a
 * scene and in a photograph, and what the probes measure of each.
 *
 *   node scripts/run-figure.mjs OUT.png
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { testEnvironment } from "./chromium.mjs";
import { ready, root } from "./ready.mjs";

const [out] = process.argv.slice(2);
if (!out) {
  console.error("Expected the picture to write: OUT.png");
  process.exit(2);
}
const box = join(root, "assets/run-in-the-box");

/** @typedef {{ value: number, low?: number, high?: number }} Measured */
/** @typedef {{ name: string, probes: { probe: string, numbers: Measured[] }[] }} Surveyed */
/** @type {{ models: Surveyed[] }} */
const survey = JSON.parse(readFileSync(join(box, "survey.json"), "utf8"));

/** Where a model lies in assets, and the head of its column. */
const shown = [
  { to: "models/untrained-vit", title: "Random weights" },
  { to: "run-in-the-box/checkpoints/early", title: "8,000 views" },
  { to: "run-in-the-box/checkpoints/long", title: "101,000 views" },
  { to: "models/scene-vit", title: "Refined" },
  { to: "models/scene-vit-small", title: "Distilled" },
];

/** Pixels: of what the models see, and of a patch. */
const [side, patchSide] = [448, 16];

const style = `
  body { margin: 0; background: #fff; color: #1b1f24; font: 15px/1.35 "Inter", "Open Sans", sans-serif; }
  main { display: inline-block; padding: 20px 24px; }
  table { border-collapse: separate; border-spacing: 6px; }
  th { font-weight: 600; text-align: left; }
  thead th { padding-bottom: 4px; text-align: center; }
  th[scope="row"] { width: 132px; padding-right: 10px; color: #57606a; font-weight: 500; }
  td { padding: 0; text-align: center; }
  img { display: block; width: 190px; height: 190px; object-fit: cover; border-radius: 4px; }
  .photo { position: relative; }
  .photo i { position: absolute; width: 11px; height: 11px; border: 2px solid #fff; border-radius: 50%;
    outline: 1.5px solid #1b1f24; transform: translate(-50%, -50%); }
  .num { padding-top: 4px; font-variant-numeric: tabular-nums; font-weight: 600; }`;

await ready({ build: true });
const folder = mkdtempSync(join(tmpdir(), "gramscope-figure-"));
/** What is looked at, and row and column of the patch that the cosine maps ask for. */
const views = [
  { image: join(folder, "scenes/JPEGImages/test-000006.png"), patch: [14, 14] },
  { image: join(folder, "cat.png"), patch: [12, 11] },
];
try {
  const sizes = ["--size", "448", "--train", "30", "--test", "8"];
  // A square, so that every cell is one.
  await sharp(join(root, "assets/samples/chelsea.jpg"))
    .extract({ left: 70, top: 0, width: 300, height: 300 })
    .toFile(join(folder, "cat.png"));
  gramscope("scenes", "--task", "segmentation", ...sizes, "--out", join(folder, "scenes"));
  const environment = await testEnvironment();
  const browser = await chromium.launch({
    executablePath: environment["GRAMSCOPE_CHROMIUM"] ?? "",
    args: ["--no-sandbox"],
    env: { ...process.env, ...environment },
  });
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 1.5,
  });
  await page.setContent(html());
  await page.locator("main").screenshot({ path: out });
  await browser.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function html() {
  const head = shown.map(({ title }) => `<th>${title}</th>`).join("");
  const rows = views.flatMap((view, i) => [
    row(view, `cosine-${i}`, "Cosine to the circled patch", [
      "cosine",
      "--patch",
      view.patch.join(","),
    ]),
    row(view, `pca-${i}`, "PCA as RGB", ["pca"]),
  ]);
  const numbers = [
    ["Segmentation, mIoU", "segmentation"],
    ["Correspondence, recall", "correspondence"],
    ["Video masks, J&amp;F", "tracking"],
    ["10-NN, accuracy", "knn"],
  ].map(([label, probe]) => {
    const cells = shown.map(({ to }) => `<td class="num">${measured(to, probe ?? "")}</td>`);
    return `<tr><th scope="row">${label}</th><td></td>${cells.join("")}</tr>`;
  });
  return `<style>${style}</style><main><table>
    <thead><tr><th></th><th>Picture</th>${head}</tr></thead>
    <tbody>${rows.join("")}${numbers.join("")}</tbody></table></main>`;
}

/**
 * @param {{ image: string, patch: number[] }} view
 * @param {string} key
 * @param {string} label
 * @param {string[]} map of the command line
 */
function row({ image, patch: [y = 0, x = 0] }, key, label, map) {
  const cells = shown.map(({ to }) => {
    const file = join(folder, `${key}-${basename(to)}.png`);
    const model = join(root, "assets", to);
    gramscope(
      "map",
      ...map,
      "--model",
      model,
      "--image",
      image,
      "--size",
      String(side),
      "--out",
      file,
    );
    return `<td><img src="${dataUrl(file)}"></td>`;
  });
  const place = [x, y].map((at) => `${((at + 0.5) * 100) / (side / patchSide)}%`);
  const circle = `<i style="left: ${place[0]}; top: ${place[1]}"></i>`;
  const photograph = `<td class="photo"><img src="${dataUrl(image)}">${circle}</td>`;
  return `<tr><th scope="row">${label}</th>${photograph}${cells.join("")}</tr>`;
}

/** @param {string} to @param {string} probe */
function measured(to, probe) {
  const model = survey.models.find(({ name }) => name === basename(to));
  const first = model?.probes.find((one) => one.probe === probe)?.numbers[0];
  if (!first) throw new Error(`${probe} of ${to} is not in the survey`);
  return `${(100 * first.value).toFixed(1)} %`;
}

/** @param {string} file PNG */
function dataUrl(file) {
  return `data:image/png;base64,${readFileSync(file).toString("base64")}`;
}

/** @param {string[]} args */
function gramscope(...args) {
  const program = join(root, "scripts/gramscope.mjs");
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
