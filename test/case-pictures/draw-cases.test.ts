/** Pictures of cases show what was measured: equal panels where the prediction is the truth, orange where it is wrong. */
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { drawCases, type Drawable } from "../../engine/case-pictures/draw-cases.ts";
import { classColour, type Colour } from "../../engine/protocol/class-colours.ts";
import type { ProbeName, ProbeReport } from "../../engine/evaluation/probe-report.ts";
import type { LabelledSet, Picture, Task } from "../../engine/labels/labelled.ts";
import { readPngTexts } from "../../engine/probes/png.ts";

const [width, height] = [48, 32];
const grey: Picture = {
  name: "grey.png",
  width,
  height,
  pixels: new Uint8Array(3 * width * height).fill(128),
};

const items = <T>(item: T) => ({ count: 1, load: () => Promise.resolve(item) });
const described = { description: "made for a test", fingerprint: "0" };

function report(probe: ProbeName, settings: ProbeReport["settings"] = {}): ProbeReport {
  return {
    version: 1,
    probe,
    model: { name: "a model", fingerprint: "1" },
    data: described,
    preset: "quick",
    settings,
    seed: 3,
    numbers: [{ name: "a number", value: 0.5, unit: "fraction", isBetterHigher: true }],
    cases: [{ name: "grey.png", score: 0.25, place: "worst", index: 0 }],
    elapsedSeconds: 1,
  };
}

async function drawn<T extends Task>(
  own: ProbeReport,
  set: LabelledSet<T>,
  drawing: unknown,
): Promise<{ caption: string; name: string; png: Uint8Array; image: Decoded }> {
  const drawable: Drawable = { report: own, drawings: [drawing], set };
  const [picture, ...more] = await drawCases(drawable);
  expect(more).toEqual([]);
  const { data, info } = await sharp(picture!.png).raw().toBuffer({ resolveWithObject: true });
  return { ...picture!, image: { data, width: info.width, height: info.height } };
}

interface Decoded {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const at = ({ data, width: w }: Decoded, x: number, y: number): Colour => {
  const i = 3 * (y * w + x);
  return [data[i]!, data[i + 1]!, data[i + 2]!];
};

/** Pixels of a part of the picture that are near to a colour. */
function count(image: Decoded, colour: Colour, x0 = 0, x1 = image.width): number {
  let found = 0;
  for (let y = 0; y < image.height; y++) {
    for (let x = x0; x < x1; x++) {
      const own = at(image, x, y);
      if (own.every((value, c) => Math.abs(value - colour[c]!) <= 6)) found++;
    }
  }
  return found;
}

/** Where the first row of panels begins: below the heading, wherever fonts put that. */
function topOf(image: Decoded): number {
  for (let y = 0; y < image.height; y++) {
    const isFull = Array.from({ length: 40 }, (_, i) => at(image, 20 + i, y)).every(
      (pixel) => Math.min(...pixel) < 250,
    );
    if (isFull) return y;
  }
  throw new Error("no panel");
}

const [orange, blue]: [Colour, Colour] = [
  [231, 99, 0],
  [63, 144, 218],
];

describe("segmentation", () => {
  const mask = Uint8Array.from({ length: width * height }, (_, i) => (i % width < 24 ? 0 : 1));
  const set: LabelledSet<"segmentation"> = {
    ...described,
    classes: ["ground", "sky & <cloud>", "absent"],
    splits: { train: items({ picture: grey, mask }), test: items({ picture: grey, mask }) },
  };
  const panel = (image: Decoded, k: number) => {
    const [left, top] = [16 + k * (420 + 10), topOf(image)];
    // A picture of 3 : 2 in a box of 420 x 288 is 420 x 280.
    return { x: left, y: top, rows: 280, cols: 420 };
  };
  const rowsOf = (image: Decoded, k: number) => {
    const { x, y, rows, cols } = panel(image, k);
    return Array.from({ length: rows }, (_, v) =>
      Buffer.from(
        image.data.subarray(
          3 * ((y + v) * image.width + x),
          3 * ((y + v) * image.width + x + cols),
        ),
      ),
    );
  };

  test("a prediction that is the truth looks like it", async () => {
    const { image, caption, png } = await drawn(report("segmentation"), set, {
      width,
      height,
      prediction: mask,
    });
    expect(Buffer.concat(rowsOf(image, 1)).equals(Buffer.concat(rowsOf(image, 2)))).toBe(true);
    expect(Buffer.concat(rowsOf(image, 0)).equals(Buffer.concat(rowsOf(image, 1)))).toBe(false);
    // Class 1 fills the right half, over a grey photograph.
    const { x, y } = panel(image, 1);
    const mixed = classColour(1).map((value) => Math.round(0.68 * value + 0.32 * 128));
    expect(at(image, x + 400, y + 100)).toEqual(mixed);
    expect(caption).toContain("mean IoU of its classes 25.0 %");
    expect(caption).toContain("Truth: ground, sky & <cloud>.");
    expect(caption).not.toContain("absent");
    expect(readPngTexts(png)["Description"]).toBe(caption);
  });

  test("pixels that do not count are left as the photograph, dimmed", async () => {
    const prediction = mask.map((value) => 1 - value);
    const holey = {
      ...set.splits.test,
      load: () => Promise.resolve({ picture: grey, mask: mask.map((v) => (v === 1 ? 255 : v)) }),
    };
    const { image } = await drawn(
      report("segmentation"),
      { ...set, splits: { ...set.splits, test: holey } },
      { width, height, prediction },
    );
    const { x, y } = panel(image, 1);
    expect(at(image, x + 400, y + 100)).toEqual([70, 70, 70]);
  });
});

test("depth: truth and prediction share one range, and what is not known is grey", async () => {
  const depth = Float32Array.from({ length: width * height }, (_, i) =>
    i < width ? 0 : 1 + (i % width) / 10,
  );
  const set: LabelledSet<"depth"> = {
    ...described,
    range: [0.1, 10],
    splits: { train: items({ picture: grey, depth }), test: items({ picture: grey, depth }) },
  };
  const own = {
    ...report("depth"),
    numbers: [{ name: "RMSE", value: 1, unit: "metres", isBetterHigher: false }],
  } as const;
  const { image, caption } = await drawn({ ...own, numbers: [...own.numbers] }, set, {
    width,
    height,
    prediction: depth.map((value) => (value === 0 ? 1 : value)),
  });
  const top = topOf(image);
  const [truth, found] = [16 + 430, 16 + 860];
  expect(at(image, truth + 100, top + 2)).toEqual([62, 66, 72]);
  for (const x of [5, 100, 200, 300, 415]) {
    expect(at(image, truth + x, top + 150)).toEqual(at(image, found + x, top + 150));
  }
  // Near is brighter than far.
  const [near, far] = [at(image, truth + 5, top + 150), at(image, truth + 415, top + 150)];
  expect(Math.min(...near)).toBeGreaterThan(Math.max(...far));
  expect(caption).toContain("RMSE 0.25 m");
  expect(caption).toContain("from 1.0 m to 5.7 m");
});

test("correspondence: blue within the threshold, orange with the way to the truth beyond", async () => {
  const pair = { first: grey, second: grey, unit: 48, points: [] };
  const set: LabelledSet<"correspondence"> = { ...described, items: items(pair) };
  const match = (error: number) => ({
    from: { x: 10, y: 10 },
    to: { x: 10, y: 20 },
    found: { x: 10 + 48 * error, y: 20 },
    cosine: 1,
    error,
  });
  const settings = { thresholds: [0.05, 0.1, 0.15], result: 0.1 };
  const own = report("correspondence", settings);
  const drawing = (errors: number[]) => ({ first: "", second: "", matches: errors.map(match) });
  const right = await drawn(own, set, drawing([0.02, 0.1]));
  // The legend has a line of each colour: 24 x 3 px.
  expect(count(right.image, orange)).toBeLessThan(80);
  expect(count(right.image, blue)).toBeGreaterThan(300);
  expect(right.caption).toContain("2 of 2 points found within 5 px");
  const wrong = await drawn(own, set, drawing([0.02, 0.5]));
  expect(count(wrong.image, orange)).toBeGreaterThan(300);
  expect(wrong.caption).toContain("1 of 2 points found");
  // Of a mean over thresholds, the middle one decides the colours.
  const mean = await drawn(
    report("correspondence", { ...settings, result: "mean" }),
    set,
    drawing([0.12]),
  );
  expect(mean.caption).toContain("0 of 1 points found within 5 px");
});

test("discovery: the true box and the found one are where they are", async () => {
  const set: LabelledSet<"discovery"> = {
    ...described,
    items: items({ picture: grey, boxes: [] }),
  };
  const mask = Uint8Array.from([0, 1, 0, 0, 0, 0]);
  const { image, caption } = await drawn(report("discovery"), set, {
    cut: {
      tau: 0.2,
      box: { x: 16, y: 0, w: 16, h: 16 },
      mask,
      vector: Float64Array.from([-1, 2, -1, -1, -1, -1]),
      seed: 1,
      rows: 2,
      cols: 3,
      converged: true,
    },
    boxes: [{ x: 0, y: 16, w: 48, h: 16 }],
    overlap: 0.25,
  });
  const top = topOf(image);
  const scale = 420 / 48;
  const blue: Colour = [64, 190, 255];
  const near = (a: Colour, b: Colour) => Math.max(...a.map((value, c) => Math.abs(value - b[c]!)));
  // The upper edge of the true box, 2 px inside.
  expect(near(at(image, 16 + 200, top + Math.round(16 * scale) + 2), blue)).toBeLessThan(40);
  expect(near(at(image, 16 + 200, top + 270), blue)).toBeGreaterThan(60);
  // The object's patch is tinted in the second panel, its neighbour is not.
  const second = 16 + 430;
  expect(near(at(image, second + 210, top + 70), [242, 163, 27])).toBeLessThan(60);
  expect(at(image, second + 350, top + 70)).toEqual([70, 70, 70]);
  expect(caption).toContain("IoU of 25 %");
});

test("tracking: the first frame is given, and each frame says how well it was followed", async () => {
  const masks = [0, 1, 2].map((t) =>
    Uint8Array.from({ length: width * height }, (_, i) => (i % width < 10 + t ? 7 : 0)),
  );
  const set: LabelledSet<"tracking"> = {
    ...described,
    items: items({ name: "a video", frames: [grey, grey, grey], masks }),
  };
  const { caption, image } = await drawn(report("tracking"), set, {
    objects: [{ value: 7, j: [1, 0.5], f: [1, 0.3] }],
    measured: [1, 2],
    masks,
  });
  expect(caption).toContain("Frames 1, 2, 3 of 3");
  // Three panels of 250 px and two gaps.
  expect(image.width).toBe(2 * 16 + 3 * 250 + 2 * 10);
});

test("few-shot: the true and the predicted foreground", async () => {
  const mask = new Uint8Array(width * height).fill(1);
  const set: LabelledSet<"segmentation"> = {
    ...described,
    classes: ["ground", "thing"],
    splits: { train: items({ picture: grey, mask }), test: items({ picture: grey, mask }) },
  };
  const { image } = await drawn(report("few-shot"), set, {
    scores: new Float32Array(6).fill(0.2),
    rows: 2,
    cols: 3,
    mask: new Uint8Array(width * height),
    truth: mask,
  });
  const top = topOf(image);
  const [truth, found] = [16 + 330, 16 + 660];
  expect(at(image, truth + 100, top + 100)).not.toEqual([70, 70, 70]);
  expect(at(image, found + 100, top + 100)).toEqual([70, 70, 70]);
});

describe("classification", () => {
  const set: LabelledSet<"classification"> = {
    ...described,
    classes: ["cat", "dog"],
    splits: {
      train: { count: 2, load: (i) => Promise.resolve({ picture: grey, label: i }) },
      test: items({ picture: grey, label: 0 }),
    },
  };

  test.each([
    ["right", 0, blue],
    ["wrong", 1, orange],
  ])("a picture that was told %s has a frame of that colour", async (_, prediction, colour) => {
    const { image, caption } = await drawn(report("linear"), set, { label: 0, prediction });
    expect(count(image, colour)).toBeGreaterThan(1000);
    expect(caption).toContain(prediction === 0 ? "taken for that" : "taken for dog");
  });

  test("neighbours are shown with their classes, framed by whether they are of its own", async () => {
    const drawing = { label: 0, prediction: 0, neighbours: [1, 0] };
    const { image, caption, name } = await drawn(report("knn"), set, drawing);
    expect(caption).toContain("framed blue where they are of its class: dog, cat.");
    expect(count(image, orange)).toBeGreaterThan(500);
    expect(count(image, blue)).toBeGreaterThan(1500);
    expect(name).toBe("worst-1.png");
  });
});
