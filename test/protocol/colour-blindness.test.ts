/**
 * What eyes without one kind of cone see of our colours: simulated after Machado, Oliveira and
 * Fernandes (2009) at full severity, as culori applies the matrices (to sRGB as it is stored) and as
 * the paper does (to linear light); distances are CIEDE2000.
 */
import {
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  wcagContrast,
  type Color,
  type Rgb,
} from "culori";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { right, wrong } from "../../engine/case-pictures/shown-case.ts";
import { classColour } from "../../engine/protocol/class-colours.ts";
import {
  colormapTable,
  signedColormap,
  type ColormapName,
} from "../../engine/protocol/colormap.ts";
import { distinctColours, labelColour } from "../../engine/protocol/distinct-colours.ts";
import { cornerColours } from "../../renderer/scene/space-colours.ts";

type Sight = (colour: Color) => Color;

const toRgb = converter("rgb");
const toLinear = converter("lrgb");
const toLab = converter("lab65");
const apart = differenceCiede2000();

const filters: Record<string, (colour: Rgb) => Rgb> = {
  protanopia: filterDeficiencyProt(1),
  deuteranopia: filterDeficiencyDeuter(1),
  tritanopia: filterDeficiencyTrit(1),
};

const inLinearLight =
  (filter: (colour: Rgb) => Rgb): Sight =>
  (colour) => {
    const { r, g, b } = toLinear(colour);
    const seen = filter({ mode: "rgb", r, g, b });
    return toRgb({ mode: "lrgb", r: seen.r, g: seen.g, b: seen.b });
  };

const sights: [name: string, see: Sight][] = [
  ["all cones", (colour) => colour],
  ...Object.entries(filters).flatMap(([name, filter]): [string, Sight][] => [
    [name, (colour) => filter(toRgb(colour))],
    [`${name}, in linear light`, inLinearLight(filter)],
  ]),
];

const rgb = ([r = 0, g = 0, b = 0]: ArrayLike<number> & Iterable<number>): Rgb => ({
  mode: "rgb",
  r: r / 255,
  g: g / 255,
  b: b / 255,
});

/** The two colours of a set that are most alike. */
function closest(colours: readonly Color[], see: Sight): number {
  const seen = colours.map(see);
  let least = Infinity;
  seen.forEach((a, i) => {
    for (const b of seen.slice(i + 1)) least = Math.min(least, apart(a, b));
  });
  return least;
}

const fromHex = (hex: string) => toRgb(hex)!;

/**
 * Colours that stand for something by themselves. A difference of 1 is just noticed side by side;
 * patches of a few pixels and lines lie apart, so they get ten times that. Petroff's set has 11.4;
 * Tableau's ten, which were here before, have 0.7, the earlier ten of curves 0.8.
 */
const distinctBar = 10;

describe.each(sights)("%s", (_, see) => {
  test("clusters: any two of the ten colours stay apart", () => {
    expect(closest(distinctColours.map(fromHex), see)).toBeGreaterThan(distinctBar);
  });

  test("clusters: the second ten are apart from the first, and from their own by as much as ten", () => {
    const colours = Array.from({ length: 20 }, (_, label) => rgb(labelColour(label)));
    // Twice what is just noticed: nobody finds twenty that are all far apart.
    expect(closest(colours, see)).toBeGreaterThan(2);
    for (let label = 0; label < 10; label++) {
      expect(apart(see(colours[label]!), see(colours[label + 10]!))).toBeGreaterThan(distinctBar);
    }
  });

  test.each(["light", "dark"] as const)("curves on %s: any two stay apart", (ground) => {
    expect(closest(curveColours()[ground].map(fromHex), see)).toBeGreaterThan(distinctBar);
  });

  test("space by position: the four corners of a photograph stay apart", () => {
    expect(closest(cornerColours.map(rgb), see)).toBeGreaterThan(distinctBar);
  });

  test("classes: any two of the scenes' seventeen stay apart, and of eight by as much as clusters", () => {
    const classes = Array.from({ length: 17 }, (_, i) => rgb(classColour(i)));
    // Five times what is just noticed: chosen without regard to these eyes they came to 3.4.
    expect(closest(classes, see)).toBeGreaterThan(5);
    expect(closest(classes.slice(0, 8), see)).toBeGreaterThan(distinctBar);
  });

  test("cases of a probe: right and wrong stay apart", () => {
    expect(closest([right, wrong].map(rgb), see)).toBeGreaterThan(distinctBar);
  });

  // Sixteen steps are what the bar under a map draws, and more than are read off it. Lightness, of
  // 100, rises by at least 2.5 in each where an even rise of a whole map would be 6; a difference of
  // 1.5 is half as much again as what is just noticed. Greys, the least, have 1.6.
  test.each(["viridis", "cividis", "magma", "greys"] as const)(
    "%s: each of 16 steps is lighter than the one before, and differs from it",
    (name) => {
      const steps = sampled(name, 17).map(see);
      for (let i = 1; i < steps.length; i++) {
        const [before, now] = [steps[i - 1]!, steps[i]!];
        expect(toLab(now).l - toLab(before).l, `${name} ${i}`).toBeGreaterThan(2.5);
        expect(apart(before, now), `${name} ${i}`).toBeGreaterThan(1.5);
      }
    },
  );

  test("diverging: as much above the middle as below it never looks the same", () => {
    const steps = sampled("diverging", 17).map(see);
    for (let i = 0; i < 8; i++) {
      expect(apart(steps[i]!, steps[16 - i]!), `${8 - i} from the middle`).toBeGreaterThan(10);
      // Away from the middle each step is darker and differs, on both sides.
      for (const [inner, outer] of [
        [steps[i + 1]!, steps[i]!],
        [steps[15 - i]!, steps[16 - i]!],
      ]) {
        expect(toLab(inner!).l).toBeGreaterThan(toLab(outer!).l);
        expect(apart(inner!, outer!)).toBeGreaterThan(1.5);
      }
    }
  });
});

test("a difference goes from dark to light where the chosen map is made to be read without hues", () => {
  const names: ColormapName[] = ["viridis", "cividis", "magma", "greys", "diverging"];
  expect(names.map(signedColormap)).toEqual([
    "diverging",
    "cividis",
    "diverging",
    "greys",
    "diverging",
  ]);
});

describe("curves", () => {
  test("are Petroff's, and have three times the lightness of what they lie on, or a third", () => {
    const { light, dark } = curveColours();
    expect(light).toHaveLength(6);
    for (const [colours, grounds] of [
      [light, ["#ffffff", "#f4f5f6"]],
      [dark, ["#16181b", "#101214"]],
    ] as const) {
      for (const colour of colours) {
        expect(distinctColours).toContain(colour);
        for (const ground of grounds) {
          // WCAG 2.2, 1.4.11: graphics that are needed to understand.
          expect(wcagContrast(colour, ground), `${colour} on ${ground}`).toBeGreaterThan(3);
        }
      }
    }
  });
});

function sampled(name: ColormapName, count: number): Rgb[] {
  const table = colormapTable(name);
  return Array.from({ length: count }, (_, i) => {
    const at = 3 * Math.round((255 * i) / (count - 1));
    return rgb(table.subarray(at, at + 3));
  });
}

/** As the style sheet has them. */
function curveColours(): { light: string[]; dark: string[] } {
  const css = readFileSync(
    path.join(import.meta.dirname, "../../renderer/charts/charts.css"),
    "utf8",
  );
  const found = [...css.matchAll(/--curve-\d: light-dark\((#\w{6}), (#\w{6})\)/g)];
  return { light: found.map((one) => one[1]!), dark: found.map((one) => one[2]!) };
}
