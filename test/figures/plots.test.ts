/**
 * Charts in figures: what the files say is compared with the numbers that went in, by the places that
 * the axes give them.
 */
import { readFileSync } from "node:fs";
import { DOMParser } from "@xmldom/xmldom";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawFigure } from "../../engine/figures/draw-figure.ts";
import { fittedEnds, logTicks, roundTicks } from "../../engine/figures/plot-axis.ts";
import { curveStretches, cutLine } from "../../engine/figures/plot-curve.ts";
import { readPngTexts, recipeKeyword } from "../../engine/probes/png.ts";
import { curveColourOn, curveColours } from "../../engine/protocol/curve-colours.ts";
import { figure, type FigureLookInput } from "../../engine/protocol/figure.ts";
import type { CurvesPlotInput, FigurePlotInput } from "../../engine/protocol/figure-plot.ts";
import { toWireTensor } from "../../engine/protocol/tensor.ts";
import { pdfText } from "../support/pdf-text.ts";

const column = (values: readonly number[]) =>
  toWireTensor(Float32Array.from(values), [values.length]);

const steps = [0, 10, 20, 30, 40];
const plot: CurvesPlotInput = {
  kind: "curves",
  x: { title: "step", range: [0, 40] },
  y: { title: "nats", range: [0, 8] },
  curves: [
    { label: "run a & b", colourIndex: 1, steps: column(steps), values: column([8, 4, 2, 1, 0]) },
  ],
  reference: { value: 6, label: "ln 403" },
  marks: [{ step: 20, label: "heads are warm" }],
};

const look: FigureLookInput = { widthMm: 100, dpi: 144 };
const drawn = (of: FigurePlotInput, more: Partial<FigureLookInput> = {}) =>
  figure.parse({
    panes: [
      {
        title: "Loss",
        view: { x: 0, y: 0, width: 2, height: 1 },
        plot: of,
        recipe: [
          { label: "Run", text: "first" },
          { label: "Path", text: "/somewhere/first", isUnsaid: true },
        ],
      },
    ],
    look: { ...look, ...more },
  });

async function svgOf(of: FigurePlotInput, more: Partial<FigureLookInput> = {}) {
  const { file } = await drawFigure(drawn(of, more), "svg", new Map());
  const text = new TextDecoder().decode(file);
  return { text, root: new DOMParser().parseFromString(text, "image/svg+xml").documentElement! };
}
type Root = Awaited<ReturnType<typeof svgOf>>["root"];

const texts = (root: Root) =>
  [...root.getElementsByTagName("text")].map((one) => ({
    text: one.textContent!,
    x: Number(one.getAttribute("x")),
    y: Number(one.getAttribute("y")),
  }));
const lines = (root: Root) =>
  [...root.getElementsByTagName("polyline")].map((one) => ({
    stroke: one.getAttribute("stroke"),
    dash: one.getAttribute("stroke-dasharray"),
    points: one
      .getAttribute("points")!
      .split(" ")
      .map((pair) => pair.split(",").map(Number) as [number, number]),
  }));

describe("a chart of curves", () => {
  it("puts every point where its axes say, with titles, legend and guides as text", async () => {
    const { root } = await svgOf(plot);
    const words = texts(root);
    const all = words.map(({ text }) => text);
    expect(all).toEqual(
      expect.arrayContaining(["Loss", "step", "nats", "ln 403", "heads are warm", "run a & b"]),
    );
    const at = (text: string) => words.find((one) => one.text === text)!;
    const curve = lines(root).find(({ stroke }) => stroke === "#e76300")!;
    expect(curve.points).toHaveLength(5);
    // Ticks stand under their steps and beside their values (2.4 pt below the line they name).
    for (const [i, step] of ["0", "10", "20", "30", "40"].entries()) {
      const tick = words.filter(({ text }) => text === step).at(-1)!;
      if (step !== "0") expect(curve.points[i]![0]).toBeCloseTo(tick.x, 2);
    }
    expect(curve.points[1]![1]).toBeCloseTo(at("4").y - 2.4, 2);
    expect(curve.points[2]![1]).toBeCloseTo(at("2").y - 2.4, 2);
  });

  it("says its run in the caption, and where it lies in the file alone", async () => {
    const { file } = await drawFigure(drawn(plot), "png", new Map());
    const found = readPngTexts(file);
    expect(found["Description"]).toBe("Run: first.");
    expect(JSON.parse(found[recipeKeyword]!)).toMatchObject({
      panes: [{ recipe: [{ text: "first" }, { label: "Path", text: "/somewhere/first" }] }],
    });
  });

  it("is the same picture in pixels: the curve's colour lies on its points", async () => {
    const { root } = await svgOf(plot);
    const { file } = await drawFigure(drawn(plot), "png", new Map());
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    const curve = lines(root).find(({ stroke }) => stroke === "#e76300")!;
    for (const [x, y] of curve.points.slice(1, 4)) {
      // 144 dots an inch are two to a point; the line is two pixels wide.
      const place = 3 * (Math.floor(2 * y) * info.width + Math.floor(2 * x));
      const near = [...data.subarray(place, place + 3)];
      near.forEach((value, c) => expect(Math.abs(value - [231, 99, 0][c]!)).toBeLessThan(60));
    }
  });

  it("has its words as text in a PDF", async () => {
    const { file } = await drawFigure(drawn(plot), "pdf", new Map());
    const text = pdfText(Buffer.from(file));
    for (const word of ["Loss", "nats", "heads are warm", "run a & b", "Run: first."]) {
      expect(text).toContain(word);
    }
  });

  it("shows what is zoomed to: a line leaves at the edge, on its way to the next point", async () => {
    const zoomed = { ...plot, x: { title: "step", range: [5, 25] as [number, number] } };
    const { root } = await svgOf(zoomed);
    const { points } = lines(root).find(({ stroke }) => stroke === "#e76300")!;
    expect(points).toHaveLength(4);
    const [first, second, third, last] = points as [
      [number, number],
      [number, number],
      [number, number],
      [number, number],
    ];
    const width = last[0] - first[0];
    expect((second[0] - first[0]) / width).toBeCloseTo(5 / 20, 3);
    expect((third[0] - first[0]) / width).toBeCloseTo(15 / 20, 3);
    // Half way from 8 to 4, and from 2 to 1.
    const perNat = (second[1] - first[1]) / 2;
    expect((last[1] - third[1]) / perNat).toBeCloseTo(0.5, 3);
  });

  it("a value that is missing breaks the line; a logarithm leaves out what is not positive", async () => {
    const broken = column([8, 4, NaN, 1, 0]);
    const curves = [{ ...plot.curves[0]!, values: broken }];
    const plain = await svgOf({ ...plot, curves });
    expect(lines(plain.root).filter(({ stroke }) => stroke === "#e76300")).toHaveLength(2);
    const log = await svgOf({ ...plot, curves, y: { title: "", isLog: true } });
    const found = lines(log.root).filter(({ stroke }) => stroke === "#e76300");
    // 8 to 4 is a line; 1 alone is a dot.
    expect(found.map(({ points }) => points.length)).toEqual([2]);
  });

  it("refuses a curve with fewer values than steps", () => {
    const curves = [{ ...plot.curves[0]!, values: column([1]) }];
    expect(() => drawn({ ...plot, curves })).toThrow(/a value for each step/);
  });
});

describe("dots with intervals", () => {
  it("lie on their axis, with names and numbers as text", async () => {
    const { root } = await svgOf({
      kind: "dots",
      x: {
        title: "%",
        range: [0.5, 0.9],
        ticks: [
          { at: 0.5, text: "50" },
          { at: 0.9, text: "90" },
        ],
      },
      rows: [
        { label: "first model", colourIndex: 0, value: 0.7, low: 0.6, high: 0.8, text: "70.0" },
        { label: "second model", colourIndex: 1, value: 0.9, text: "90.0 no interval" },
      ],
    });
    const words = texts(root);
    expect(words.map(({ text }) => text)).toEqual(
      expect.arrayContaining(["first model", "second model", "70.0", "90.0 no interval", "%"]),
    );
    const x = (text: string) => words.find((one) => one.text === text)!.x;
    const part = (value: number) => (value - x("50")) / (x("90") - x("50"));
    const whisker = [...root.getElementsByTagName("line")].find(
      (one) => one.getAttribute("stroke") === "#3f90da",
    )!;
    expect(part(Number(whisker.getAttribute("x1")))).toBeCloseTo(0.25, 3);
    expect(part(Number(whisker.getAttribute("x2")))).toBeCloseTo(0.75, 3);
  });
});

describe("the parts of an axis", () => {
  it("are round numbers between the ends", () => {
    expect(roundTicks([0, 40], 5)).toEqual([0, 10, 20, 30, 40]);
    expect(roundTicks([-0.3, 0.45], 4).map((tick) => Number(tick.toFixed(9)))).toEqual([
      -0.2, 0, 0.2, 0.4,
    ]);
    expect(logTicks([0.0005, 20], 9)).toEqual([0.001, 0.01, 0.1, 1, 10]);
    expect(logTicks([1e-9, 1], 5)).toEqual([1e-9, 1e-7, 1e-5, 1e-3, 0.1]);
  });

  it("leave air around the values, and have a length where all are the same", () => {
    expect(fittedEnds([1, 2, NaN], false)).toEqual([0.92, 2.08]);
    expect(fittedEnds([3, 3], false)).toEqual([0, 6]);
    expect(fittedEnds([], true)).toEqual([0.1, 1]);
  });
});

describe("a curve of more points than pixels", () => {
  it("keeps the smallest and the largest of every column, in their order", () => {
    const box = { x: 0, y: 0, width: 100, height: 1000 };
    const at = Array.from({ length: 100_000 }, (_, i) => i / 1000);
    const values = at.map((_, i) => (i % 1000 === 400 ? 900 : i % 1000 === 700 ? 3 : 500));
    const [line] = curveStretches(at, values, { x: (s) => s, y: (v) => v }, box, 1);
    const heights = line!.filter((_, i) => i % 2 === 1);
    expect(heights).toHaveLength(200);
    expect(heights.slice(0, 4)).toEqual([900, 3, 900, 3]);
  });

  it("is cut where it leaves the plot", () => {
    const box = { x: 0, y: 0, width: 10, height: 10 };
    expect(cutLine([-5, 5, 5, 5, 5, 15, 8, 15, 8, 5], box)).toEqual([
      [0, 5, 5, 5, 5, 10],
      [8, 10, 8, 5],
    ]);
  });
});

describe("the colours of curves", () => {
  it("are those of the page's style sheets", () => {
    const css = ["charts/charts.css", "style/theme.css"]
      .map((file) => readFileSync(new URL(`../../renderer/${file}`, import.meta.url), "utf8"))
      .join("\n");
    const hex = (rgb: readonly number[]) =>
      `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    const ours = Array.from({ length: curveColours }, (_, i) => [
      hex(curveColourOn("light", i)),
      hex(curveColourOn("dark", i)),
    ]);
    const theirs = Array.from({ length: curveColours }, (_, i) => {
      const name = `--curve-${i}`;
      const found = new RegExp(`${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(css);
      return found?.slice(1, 3);
    });
    expect(ours).toEqual(theirs);
  });
});
