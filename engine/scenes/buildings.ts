/** Builders of what people make: house, car and rocket. */
import type { Workshop } from "./blueprint.ts";
import { ball, box, smoothProfile, solid, turned, type Side } from "./shapes.ts";
import { rotation, type Vector } from "./vectors.ts";

export function house(shop: Workshop): void {
  const { draws } = shop;
  const long = draws.between(0.34, 0.44);
  const wide = draws.between(0.24, 0.33);
  const high = draws.between(0.34, 0.48);
  const rise = draws.between(0.24, 0.36);
  const wall = shop.material(draws.chance(0.5) ? "bricks" : "plain", {
    frequency: draws.between(12, 17),
    gloss: 0,
  });
  const tiles = shop.material("bricks", { frequency: draws.between(11, 15), gloss: 0.05 });
  const frame = shop.material("plain", { gloss: 0.1 });
  const glass = shop.material("plain", { colours: paneColours, gloss: 1 });
  // The gable is part of the walls; the roof lies on it as two slabs.
  shop.add(
    solid(
      wall,
      houseSides(long, wide, high, rise),
      [long, 0.5 * (high + rise), wide],
      [0, 0.5 * (high + rise), 0],
    ),
  );
  const slope = Math.atan2(rise, wide);
  const slab = 0.5 * Math.hypot(rise, wide) + 0.05;
  for (const sign of [1, -1]) {
    const centre: Vector = [
      0,
      high + 0.5 * rise + 0.02 - 0.04 * Math.sin(slope),
      sign * (0.5 * wide + 0.02),
    ];
    shop.add(box(tiles, centre, [long + 0.05, 0.025, slab], rotation("x", sign * slope)));
  }
  const chimney: Vector = [draws.between(-0.6, 0.6) * long, high + 0.8 * rise, 0.45 * wide];
  shop.add(box(wall, chimney, [0.055, 0.2, 0.055]));
  // Windows and a door stand out by a little.
  const column = long * 0.55;
  const sill = high * 0.55;
  for (const sign of [1, -1]) {
    for (const x of [-column, column]) {
      shop.add(
        box(frame, [x, sill, sign * wide], [0.095, 0.105, 0.018]),
        box(glass, [x, sill, sign * (wide + 0.006)], [0.072, 0.082, 0.018]),
        box(frame, [x, sill, sign * (wide + 0.01)], [0.01, 0.085, 0.02]),
        box(frame, [x, sill, sign * (wide + 0.01)], [0.075, 0.01, 0.02]),
      );
    }
  }
  const door = 0.24;
  shop.add(
    box(frame, [long, door * 0.55, 0], [0.02, door * 0.6, 0.105]),
    box(glass, [-long, sill, 0], [0.018, 0.09, 0.08]),
    ball(glass, [long + 0.025, door * 0.55, 0.065], [0.02, 0.02, 0.02]),
    box(glass, [long, high + 0.25 * rise, 0], [0.015, 0.06, 0.06]),
  );
  shop
    .mark("door", [long + 0.02, door * 0.55, 0], 0.06)
    .mark("front gable", [long, high + 0.9 * rise, 0], 0.12)
    .mark("rear gable", [-long, high + 0.9 * rise, 0], 0.12)
    .mark("chimney", [chimney[0], chimney[1] + 0.18, chimney[2]], 0.12)
    .mark("right front corner", [long, 0.03, wide], 0.06)
    .mark("left front corner", [long, 0.03, -wide], 0.06)
    .mark("right rear corner", [-long, 0.03, wide], 0.06)
    .mark("left rear corner", [-long, 0.03, -wide], 0.06);
}

/** Walls and gable about the middle of the house's height. */
function houseSides(long: number, wide: number, high: number, rise: number): Side[] {
  const half = 0.5 * (high + rise);
  const steep = Math.hypot(rise, wide);
  // The roof's plane goes through (y = high - half, z = wide) and (y = half, z = 0).
  const reach = (half * wide) / steep;
  return [
    { normal: [1, 0, 0], reach: long },
    { normal: [-1, 0, 0], reach: long },
    { normal: [0, 0, 1], reach: wide },
    { normal: [0, 0, -1], reach: wide },
    { normal: [0, -1, 0], reach: half },
    { normal: [0, wide / steep, rise / steep], reach },
    { normal: [0, wide / steep, -rise / steep], reach },
  ];
}

export function car(shop: Workshop): void {
  const { draws } = shop;
  const paint = shop.material(["plain", "plain", "stripes", "patches"], {
    gloss: draws.between(0.6, 1),
  });
  const glass = shop.material("plain", { colours: paneColours, gloss: 1 });
  const rubber = shop.material("plain", { colours: rubberColours, gloss: 0.05 });
  const metal = shop.material("plain", { gloss: 0.9 });
  const long = draws.between(0.46, 0.54);
  const wide = draws.between(0.2, 0.26);
  const wheel = draws.between(0.1, 0.13);
  const belt = wheel + draws.between(0.17, 0.22);
  const roof = belt + draws.between(0.15, 0.22);
  const low = 0.6 * wheel;
  const chamfer = 0.04;
  shop.add(chamfered(paint, [0, 0.5 * (low + belt), 0], [long, 0.5 * (belt - low), wide], chamfer));
  const back = draws.between(-0.36, -0.26);
  const front = draws.between(0.1, 0.2);
  const middle: Vector = [0.5 * (back + front), 0.5 * (belt + roof), 0];
  const half: Vector = [0.5 * (front - back) + 0.06, 0.5 * (roof - belt), 0.9 * wide];
  shop.add(cabin(glass, middle, half), ...roofAndPillars(paint, middle, half));
  for (const sign of [1, -1]) {
    for (const [x, end] of [
      [0.6 * long, "front"],
      [-0.58 * long, "rear"],
    ] as const) {
      const side: Vector = [x, wheel, sign * (wide + 0.015)];
      shop.add(
        turned(
          rubber,
          [
            [wheel, -0.05],
            [wheel, -0.05],
            [wheel, 0.035],
            [0.8 * wheel, 0.05],
          ],
          { centre: side, turn: rotation("x", (sign * Math.PI) / 2) },
        ),
        ball(metal, [x, wheel, sign * (wide + 0.055)], [0.5 * wheel, 0.5 * wheel, 0.025]),
      );
      const name = `${end} ${sign > 0 ? "right" : "left"} wheel`;
      shop.mark(name, [x, wheel, sign * (wide + 0.06)], 0.07);
    }
    shop.add(
      ball(metal, [long - 0.005, 0.62 * belt, sign * 0.65 * wide], [0.025, 0.045, 0.045]),
      box(metal, [-long, 0.66 * belt, sign * 0.7 * wide], [0.012, 0.03, 0.035]),
    );
  }
  shop
    .mark("roof", [middle[0], roof, 0], 0.08)
    .mark("bonnet", [0.5 * (front + long), belt, 0], 0.08)
    .mark("front bumper", [long, 0.5 * belt, 0], 0.08)
    .mark("rear bumper", [-long, 0.5 * belt, 0], 0.08);
}

/** A box whose long edges are cut. */
function chamfered(material: number, centre: Vector, half: Vector, cut: number) {
  const sides: Side[] = [];
  const s = Math.SQRT1_2;
  for (const a of [1, -1]) {
    sides.push(
      { normal: [a, 0, 0], reach: half[0] },
      { normal: [0, a, 0], reach: half[1] },
      { normal: [0, 0, a], reach: half[2] },
      { normal: [0, s, a * s], reach: (half[1] + half[2] - cut) * s },
      { normal: [a * s, s, 0], reach: (half[0] + half[1] - 2 * cut) * s },
      { normal: [a * s, -s, 0], reach: (half[0] + half[1] - cut) * s },
    );
  }
  return solid(material, sides, half, centre);
}

/** Slanted all round. */
function cabin(material: number, centre: Vector, half: Vector) {
  const sides: Side[] = [
    { normal: [0, 1, 0], reach: half[1] },
    { normal: [0, -1, 0], reach: half[1] },
  ];
  const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
  const [flat, lean] = [Math.cos(0.2), Math.sin(0.2)];
  for (const a of [1, -1]) {
    sides.push(
      { normal: [a * c, s, 0], reach: half[0] * c - 0.4 * half[1] * s },
      { normal: [0, lean, a * flat], reach: (half[2] - 0.02) * flat - half[1] * lean },
    );
  }
  return solid(material, sides, half, centre);
}

function roofAndPillars(material: number, centre: Vector, half: Vector) {
  const top: Vector = [centre[0], centre[1] + half[1], 0];
  return [
    box(material, top, [0.72 * half[0], 0.022, 0.78 * half[2]]),
    box(material, [centre[0] + 0.05, centre[1], 0], [0.02, half[1], 0.88 * half[2]]),
  ];
}

export function rocket(shop: Workshop): void {
  const { draws } = shop;
  const hull = shop.material(["plain", "rings", "checks", "stripes"], {
    gloss: draws.between(0.3, 0.9),
  });
  const trim = shop.material("plain", { gloss: draws.between(0.3, 0.9) });
  const glass = shop.material("plain", { colours: paneColours, gloss: 1 });
  const wide = draws.between(0.15, 0.2);
  const waist = draws.between(0.35, 0.45);
  const nose = draws.between(0.68, 0.76);
  shop.add(
    turned(trim, [
      [0.62 * wide + 0.04, 0.03],
      [0.5 * wide, 0.16],
    ]),
    turned(
      hull,
      smoothProfile(
        [
          [0.62 * wide, 0.13],
          [0.9 * wide, 0.22],
          [wide, waist],
          [0.72 * wide, nose],
        ],
        3,
      ),
    ),
    turned(
      trim,
      smoothProfile(
        [
          [0.72 * wide, nose],
          [0.42 * wide, 0.5 * (nose + 1)],
          [0, 1],
        ],
        3,
      ),
    ),
  );
  const fins = 3;
  for (let i = 0; i < fins; i++) {
    const turn = rotation("y", (2 * Math.PI * i) / fins);
    const out = wide + 0.07;
    const at: Vector = [out * turn[0], 0.17, out * turn[6]];
    shop.add(box(trim, at, [0.1, 0.13, 0.028], turn));
    shop.add(ball(trim, [1.5 * at[0], 0.09, 1.5 * at[2]], [0.045, 0.09, 0.045]));
    shop.mark(["front fin", "left fin", "right fin"][i]!, [1.5 * at[0], 0.1, 1.5 * at[2]], 0.1);
  }
  for (const y of [waist + 0.02, waist + 0.19]) {
    const x = wide * (y > waist + 0.1 ? 0.86 : 0.98);
    shop.add(
      ball(trim, [x, y, 0], [0.03, 0.075, 0.075]),
      ball(glass, [x + 0.015, y, 0], [0.03, 0.055, 0.055]),
    );
  }
  shop
    .mark("tip", [0, 0.98, 0], 0.08)
    .mark("porthole", [wide + 0.03, waist + 0.02, 0], 0.06)
    .mark("hull", [0, 0.5, 0], 1.6 * wide)
    .mark("nozzle", [0, 0.06, 0], 1.6 * wide);
}

const paneColours = [
  [0.03, 0.045, 0.06],
  [0.06, 0.08, 0.1],
  [0.05, 0.05, 0.05],
] as const;
const rubberColours = [
  [0.018, 0.018, 0.02],
  [0.03, 0.03, 0.03],
  [0.03, 0.03, 0.03],
] as const;
