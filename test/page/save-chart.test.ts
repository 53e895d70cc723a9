/** Charts saved from the page, in a real Chromium: the stretch that is zoomed to, with the run in the file. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { DOMParser, type Element } from "@xmldom/xmldom";
import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { resolveRecipe } from "../../engine/recipe/resolve.ts";
import { checkpointName } from "../../engine/runs/checkpoint-layout.ts";
import { createRun } from "../../engine/runs/run-directory.ts";
import { browserSkip } from "../support/browser.ts";
import { gramscope } from "../support/command-line.ts";
import { usePage } from "../support/page-session.ts";
import { fixtures } from "../weights/broken-models.ts";

const count = 300;
const lossAt = (step: number) => 5 + 3 * Math.exp(-step / 100);

describe.skipIf(browserSkip !== undefined)("saving a chart", () => {
  const session = usePage("save-chart", async (folder) => {
    const run = path.join(folder, "first-run");
    await createRun(run, resolveRecipe({ preset: "laptop-pretrain", data: { kind: "scenes" } }));
    const lines = Array.from({ length: count }, (_, i) =>
      JSON.stringify({ step: i + 1, loss: lossAt(i + 1), gram_refresh: i === 150 ? 1 : 0 }),
    );
    await writeFile(path.join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
    for (const step of [100, 200, 300]) {
      const place = path.join(run, "checkpoints", checkpointName(step));
      await mkdir(place, { recursive: true });
      await cp(path.join(fixtures, "mlp"), path.join(place, "teacher"), { recursive: true });
      await writeFile(path.join(place, "state.json"), "{}");
    }
    return undefined;
  });
  const run = () => path.join(session.folder, "first-run");
  const dialog = () => session.page.getByRole("dialog", { name: "Save a figure" });

  async function savedSvg(button: Locator) {
    await button.click();
    await dialog().getByRole("img", { name: "The figure as it will be saved" }).waitFor();
    await dialog().getByText("SVG", { exact: true }).first().click();
    const [download] = await Promise.all([
      session.page.waitForEvent("download"),
      dialog().getByRole("button", { name: "Save SVG" }).click(),
    ]);
    await expect.poll(() => dialog().isVisible()).toBe(false);
    return { ...(await readSvg(await download.path())), name: download.suggestedFilename() };
  }

  it("a curve of the Train page is saved as it is zoomed, smoothed over itself", async () => {
    const { page } = session;
    await session.button("Train").click();
    await page.getByText("Open an earlier run").click();
    await page.getByLabel("Its folder").fill(run());
    await session.button("Show its curves").click();
    const chart = page.getByRole("figure", { name: /^Loss, weighted sum/ });
    await expect.poll(() => chart.locator("tbody").innerText()).toMatch(/first-run/);
    const save = chart.getByRole("button", { name: "Save Loss, weighted sum as a figure" });
    const whole = await savedSvg(save);
    const out = path.join(session.folder, "curves.svg");
    const asked = ["figure", "--curves", run(), "--metric", "loss", "--smooth", "0.6"];
    expect(await gramscope([...asked, "--out", out])).toMatchObject({ code: 0, stderr: "" });
    const drawn = await readSvg(out);
    // Numbers on the axes are those that have room; everything else is the same.
    const said = (words: readonly string[]) => words.filter((word) => !/^[\d.,]+$/.test(word));
    expect(said(drawn.words)).toEqual(said(whole.words));
    expect(said(drawn.words)).toContain("Gram teacher refreshed");
    expect(drawn.told("Recipe")).toBe(whole.told("Recipe"));
    const [own, shown] = [drawn, whole].map(({ root }) => shapesOf(root));
    expect(own!.map(({ strokes }) => strokes)).toEqual(shown!.map(({ strokes }) => strokes));
    expect(own).toHaveLength(3);
    for (const [i, { points }] of own!.entries()) {
      expect(points).toHaveLength(shown![i]!.points.length);
      // Both are written to a hundredth of a point, on charts about 100 of them high.
      const apart = points.map((at, j) => Math.abs(at - shown![i]!.points[j]!));
      expect(Math.max(...apart)).toBeLessThan(2e-3);
    }

    const slider = chart.getByRole("slider");
    await slider.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("+");
    await chart.getByRole("button", { name: "All steps" }).waitFor();
    const { root, words, told, name } = await savedSvg(save);
    expect(name).toBe("first-run-Loss-weighted-sum.svg");
    expect(words).toEqual(expect.arrayContaining(["Loss, weighted sum", "nats", "step"]));
    expect(words).toContain("first-run");
    expect(words).toContain("Gram teacher refreshed");
    // From the middle on: what came before is not in it.
    expect(words.filter((word) => /^\d{3}$/.test(word)).map(Number)).toEqual([
      160, 180, 200, 220, 240, 260, 280, 300,
    ]);
    expect(words.join(" ")).toMatch(/steps 151 to 300, smoothed by 0\.60, as logged behind\./);
    expect(words.join(" ")).not.toContain(session.folder);
    expect(told("Path")).toBe(run());
    expect(JSON.parse(told("Recipe")!)).toMatchObject({ data: { kind: "scenes" } });
    // What was logged and what was smoothed, each a line through every step in sight.
    const curves = [...root.getElementsByTagName("polyline")].filter(
      (one) => one.getAttribute("stroke") === "#3f90da",
    );
    expect(curves.map((one) => one.getAttribute("stroke-opacity"))).toEqual(["0.28", null]);
    for (const one of curves) {
      const points = one
        .getAttribute("points")!
        .split(" ")
        .map((pair) => pair.split(",").map(Number));
      expect(points.length).toBeGreaterThanOrEqual(150);
      expect(points.length).toBeLessThanOrEqual(152);
      // It falls: y grows downward.
      expect(points.at(-1)![1]).toBeGreaterThan(points[0]![1]!);
    }
  });

  it("a curve of the timeline is saved over the steps that it shows", async () => {
    const { page } = session;
    await session.button("Look").click();
    await page.getByLabel("Scrub through its checkpoints").fill(run());
    await page.getByRole("button", { name: "Open run" }).click();
    const timeline = page.getByRole("region", { name: "Timeline" });
    const save = timeline.getByRole("button", { name: "Save Loss, weighted sum as a figure" });
    const { words, told } = await savedSvg(save);
    expect(words).toEqual(
      expect.arrayContaining(["Loss, weighted sum", "100", "300", "first-run"]),
    );
    expect(told("Path")).toBe(run());
    // Beside the stage, the dialog is of the stage again.
    await page.keyboard.press("f");
    await dialog().getByRole("checkbox", { name: "Marks" }).waitFor();
    await page.keyboard.press("Escape");
    expect(session.complaints).toEqual([]);
  });
});

async function readSvg(file: string) {
  const text = await readFile(file, "utf8");
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement!;
  const words = [...root.getElementsByTagName("text")].map((one) => one.textContent!);
  const { panes } = JSON.parse(root.getElementsByTagName("recipe")[0]!.textContent!) as {
    panes: { recipe: { label: string; text: string }[] }[];
  };
  const told = (label: string) => panes[0]!.recipe.find((line) => line.label === label)?.text;
  return { root, words, told };
}

/** Curves and marked steps, wherever the chart lies and however large it is: 0 to 1 over what was logged. */
function shapesOf(root: Element) {
  const lines = [...root.getElementsByTagName("polyline")].map((one) => ({
    strokes: ["stroke", "stroke-opacity", "stroke-dasharray", "stroke-width"].map((name) =>
      one.getAttribute(name),
    ),
    pairs: one
      .getAttribute("points")!
      .split(" ")
      .map((pair) => pair.split(",").map(Number) as [number, number]),
  }));
  const logged = lines.find(({ strokes }) => strokes[1] === "0.28")!.pairs;
  const [left, right] = [logged[0]![0], logged.at(-1)![0]];
  const heights = logged.map(([, y]) => y);
  const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
  return lines.map(({ strokes, pairs }) => ({
    strokes,
    points: pairs.flatMap(([x, y]) => {
      const across = (x - left) / (right - left);
      // A marked step reaches from edge to edge: the axes of values are not the same.
      return strokes[2] === null ? [across, (y - top) / (bottom - top)] : [across];
    }),
  }));
}
