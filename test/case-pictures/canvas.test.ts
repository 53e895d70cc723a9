/** Strokes cover the area that geometry gives them; colours are apart; text is as high as its line. */
import { describe, expect, test } from "vitest";
import { Canvas } from "../../engine/case-pictures/canvas.ts";
import { classColour, type Colour } from "../../engine/protocol/class-colours.ts";
import { lettering, letteringWithin } from "../../engine/case-pictures/words.ts";

const black: Colour = [0, 0, 0];

/** How much ink there is, in pixels of black on white. */
function inkOf({ pixels }: Canvas): number {
  return pixels.reduce((sum, value) => sum + (255 - value) / 255, 0) / 3;
}

describe("ink", () => {
  test("a disc covers pi r^2", () => {
    const canvas = new Canvas(64, 64);
    canvas.disc({ x: 31.3, y: 30.8 }, 12, black);
    // A pixel at the rim counts by its centre's distance, which is right on average.
    expect(inkOf(canvas)).toBeCloseTo(Math.PI * 12 ** 2, -0.5);
  });

  test.each([
    ["level", { x: 10, y: 20.5 }, { x: 50, y: 20.5 }],
    ["slanted", { x: 12.2, y: 8.7 }, { x: 44.2, y: 32.7 }],
  ])("a %s line covers its length times its width, and half a disc at each end", (_, a, b) => {
    const canvas = new Canvas(64, 64);
    canvas.line(a, b, { colour: black, width: 3 });
    expect(Math.hypot(b.x - a.x, b.y - a.y)).toBeCloseTo(40, 6);
    const area = 40 * 3 + Math.PI * 1.5 ** 2;
    expect(Math.abs(inkOf(canvas) - area)).toBeLessThan(0.03 * area);
  });

  test("a dashed line has the drawn part of it", () => {
    const canvas = new Canvas(128, 16);
    canvas.line({ x: 4, y: 8 }, { x: 104, y: 8 }, { colour: black, width: 2, dash: [6, 4] });
    // 60 of 100 px, with the half disc of the end that falls on a dash.
    expect(Math.abs(inkOf(canvas) - 0.6 * 200)).toBeLessThan(6);
  });

  test("a ring is hollow, a frame is not filled, a fill is exact on whole pixels", () => {
    const canvas = new Canvas(64, 64);
    canvas.ring({ x: 32, y: 32 }, 10, { colour: black, width: 2 });
    expect(Math.abs(inkOf(canvas) - 2 * Math.PI * 10 * 2)).toBeLessThan(6);
    expect(canvas.pixels[3 * (32 * 64 + 32)]).toBe(255);
    const filled = new Canvas(32, 32);
    filled.fill({ x: 4, y: 5, width: 7, height: 9 }, black);
    expect(inkOf(filled)).toBe(63);
  });

  test("nothing is drawn outside the clip, whose corner is the origin", () => {
    const canvas = new Canvas(40, 30);
    canvas.within({ x: 10, y: 5, width: 8, height: 6 }, () => {
      canvas.disc({ x: 0, y: 0 }, 20, black);
    });
    for (let y = 0; y < 30; y++) {
      for (let x = 0; x < 40; x++) {
        const isInside = x >= 10 && x < 18 && y >= 5 && y < 11;
        expect(canvas.pixels[3 * (y * 40 + x)], `${x} ${y}`).toBe(isInside ? 0 : 255);
      }
    }
  });
});

describe("colours of classes", () => {
  /** CIE 1976 L*a*b*, D65: not the space that they were chosen in. */
  function toLab(colour: Colour): number[] {
    const [r, g, b] = colour.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 / 116) * t + 16 / 116);
    const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  }

  test("the first sixteen are far apart for eyes, whichever was asked for first", () => {
    const late = classColour(40);
    const labs = Array.from({ length: 16 }, (_, i) => toLab(classColour(i)));
    for (let i = 0; i < 16; i++) {
      for (let j = 0; j < i; j++) {
        const far = Math.hypot(...labs[i]!.map((value, c) => value - labs[j]![c]!));
        // 2 is just noticed side by side.
        expect(far, `${i} and ${j}`).toBeGreaterThan(15);
      }
    }
    expect(classColour(40)).toBe(late);
    expect(classColour(255)).toHaveLength(3);
  });
});

describe("text", () => {
  const look = { size: 12 };

  test("of one look has one height, with and without what reaches up and down", () => {
    const [plain, deep, empty] = ["new", "Ågy (jp)", ""].map((text) => lettering(text, look));
    expect(new Set([plain!.height, deep!.height, empty!.height]).size).toBe(1);
    expect([empty!.width, empty!.contours]).toEqual([0, []]);
    expect(deep!.width).toBeGreaterThan(plain!.width);
    const { contours, width, height } = deep!;
    const within = contours.flat().map((value, i) => value / (i % 2 === 0 ? width : height));
    // Letters may reach a hair before their start.
    expect(Math.min(...within)).toBeGreaterThan(-0.02);
    expect(Math.max(...within)).toBeLessThanOrEqual(1);
  });

  test("is written where it is placed, whatever fonts the machine has", () => {
    const inked = (text: string) => {
      const canvas = new Canvas(80, 40);
      canvas.write(lettering(text, { size: 20, isBold: true }), { x: 10, y: 8 }, black);
      return canvas;
    };
    // A bar of Inter SemiBold: 20 px times 0.727 high, 20 px times 0.13 and more wide.
    const bar = inkOf(inked("I"));
    expect(bar).toBeGreaterThan(20 * 0.727 * 20 * 0.13);
    expect(bar).toBeLessThan(20 * 0.727 * 20 * 0.2);
    expect(inkOf(inked("W"))).toBeGreaterThan(2 * bar);
    const { pixels } = inked("I");
    const rows = Array.from({ length: 40 }, (_, y) => pixels.slice(240 * y, 240 * (y + 1)));
    const written = rows.flatMap((row, y) => (row.some((value) => value < 128) ? [y] : []));
    // Capitals stand on the baseline, 19 px below the top.
    expect([written[0], written.at(-1)]).toEqual([Math.floor(27 - 20 * 0.727), 26]);
  });

  test("markup and what is no letter are not carried out", () => {
    const text = "<b>a</b> & \u0000 \ud800 é";
    expect(lettering(text, look).width).toBeGreaterThan(30);
    expect(lettering("a\u0000b", look)).toEqual(lettering("a b", look));
  });

  test("that is too long loses its beginning", () => {
    const long = "/somewhere/with/a/very/long/path/that/ends/in/this.jpg";
    const cut = letteringWithin(long, look, 120);
    expect(cut.width).toBeLessThanOrEqual(120);
    expect(cut.width).toBeGreaterThan(60);
    expect(letteringWithin("this.jpg", look, 120)).toEqual(lettering("this.jpg", look));
  });
});
