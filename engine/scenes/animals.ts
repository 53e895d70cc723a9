/** Builders of animals: fish, sheep and duck. They look along +x; z is their right. */
import type { Workshop } from "./blueprint.ts";
import { ball, limb } from "./shapes.ts";
import { rotation, type Vector } from "./vectors.ts";

export function fish(shop: Workshop): void {
  const { draws } = shop;
  const skin = shop.material("scales", {
    frequency: draws.between(5, 7),
    gloss: draws.between(0.3, 0.8),
  });
  const fin = shop.material("stripes", { frequency: 14, axis: [0.2, 0.97, 0.1] });
  const long = draws.between(0.32, 0.36);
  const high = draws.between(0.21, 0.29);
  const thick = draws.between(0.13, 0.18);
  const up = high + 0.07;
  shop.add(ball(skin, [0.08, up, 0], [long, high, thick]));
  const tail = draws.between(0.17, 0.22);
  const lean = draws.between(0.6, 0.85);
  const root: Vector = [0.1 - long, up, 0];
  for (const sign of [1, -1]) {
    const centre: Vector = [
      root[0] - 0.75 * tail * Math.cos(lean),
      up + sign * 0.8 * tail * Math.sin(lean),
      0,
    ];
    shop.add(ball(fin, centre, [tail, 0.085, 0.035], rotation("z", -sign * lean)));
  }
  shop.add(
    ball(fin, root, [0.12, 0.09, 0.06]),
    ball(fin, [0.04, up + 0.95 * high, 0], [0.2, 0.11, 0.03], rotation("z", -0.3)),
    ball(fin, [0.1, up - 0.98 * high, 0], [0.09, 0.09, 0.07]),
  );
  const white = shop.material("plain", { colours: eyeColours, gloss: 0.6 });
  const black = shop.material("plain", { colours: pupilColours, gloss: 0.9 });
  for (const sign of [1, -1]) {
    const at: Vector = [0.08 + 0.66 * long, up + 0.22 * high, sign * 0.66 * thick];
    shop.add(
      ball(white, at, [0.055, 0.055, 0.04]),
      ball(black, [at[0] + 0.015, at[1], at[2] + sign * 0.02], [0.03, 0.03, 0.03]),
      ball(
        fin,
        [0.08, up - 0.25 * high, sign * 1.02 * thick],
        [0.11, 0.06, 0.03],
        rotation("z", 0.5),
      ),
    );
    shop.mark(sign > 0 ? "right eye" : "left eye", at, 0.09);
  }
  shop
    .mark("mouth", [0.07 + long, up, 0], 0.08)
    .mark("upper tail", [
      root[0] - 1.4 * tail * Math.cos(lean),
      up + 1.5 * tail * Math.sin(lean),
      0,
    ])
    .mark("lower tail", [
      root[0] - 1.4 * tail * Math.cos(lean),
      up - 1.5 * tail * Math.sin(lean),
      0,
    ])
    .mark("back fin", [0.03, up + high + 0.07, 0], 0.07);
}

export function sheep(shop: Workshop): void {
  const { draws } = shop;
  const fleece = shop.material("wool", { frequency: draws.between(6, 9), gloss: 0 });
  const skin = shop.material("plain", { gloss: 0.1 });
  const long = draws.between(0.26, 0.34);
  const high = draws.between(0.19, 0.25);
  const wide = draws.between(0.18, 0.23);
  const legs = draws.between(0.2, 0.28);
  const up = legs + 0.8 * high;
  // A fleece is a heap of curls about a belly.
  shop.add(ball(fleece, [0, up, 0], [long, high, wide]));
  for (const [x, y, z] of curls) {
    const r = draws.between(0.52, 0.66) * high;
    shop.add(ball(fleece, [x * long, up + y * high, z * wide], [1.15 * r, r, r]));
  }
  const neck: Vector = [0.9 * long, up + 0.45 * high, 0];
  const drop = draws.between(-0.5, -0.1);
  const head: Vector = [neck[0] + 0.14, neck[1] + 0.12, 0];
  const muzzle: Vector = [head[0] + 0.1 * Math.cos(drop), head[1] + 0.14 * Math.sin(drop), 0];
  shop.add(
    ball(skin, muzzle, [0.16, 0.1, 0.095], rotation("z", drop)),
    ball(fleece, [head[0] - 0.05, head[1] + 0.08, 0], [0.11, 0.075, 0.1]),
    ball(fleece, [-long - 0.03, up + 0.2 * high, 0], [0.08, 0.08, 0.07]),
  );
  const black = shop.material("plain", { colours: pupilColours, gloss: 0.9 });
  for (const sign of [1, -1]) {
    shop.add(
      ball(
        skin,
        [head[0] - 0.03, head[1] + 0.02, sign * 0.14],
        [0.045, 0.035, 0.09],
        rotation("x", sign * 0.4),
      ),
      ball(black, [muzzle[0] + 0.03, muzzle[1] + 0.05, sign * 0.078], [0.022, 0.026, 0.022]),
    );
    shop.mark(sign > 0 ? "right ear" : "left ear", [head[0] - 0.03, head[1], sign * 0.18], 0.08);
    for (const [x, name] of [
      [0.58, "front"],
      [-0.58, "hind"],
    ] as const) {
      const foot: Vector = [x * long, 0.055, sign * 0.6 * wide];
      shop.add(limb(skin, foot, [foot[0], up - 0.3 * high, foot[2]], 0.05, 0.065));
      shop.mark(`${name} ${sign > 0 ? "right" : "left"} foot`, [foot[0], 0.03, foot[2]], 0.1);
    }
  }
  shop
    .mark("nose", [muzzle[0] + 0.14 * Math.cos(drop), muzzle[1] + 0.14 * Math.sin(drop), 0], 0.08)
    .mark("tail", [-long - 0.09, up + 0.2 * high, 0], 0.08)
    .mark("back", [0, up + 1.15 * high, 0], 0.15);
}

export function duck(shop: Workshop): void {
  const { draws } = shop;
  const body = shop.material(["plain", "plain", "speckle", "patches"], {
    gloss: draws.between(0.1, 0.6),
  });
  const wing = shop.material("scales", { frequency: 4 });
  const beak = shop.material("plain", { gloss: 0.4 });
  const long = draws.between(0.32, 0.39);
  const high = draws.between(0.2, 0.26);
  const wide = draws.between(0.22, 0.27);
  shop.add(
    ball(body, [0, 0.92 * high, 0], [long, high, wide]),
    limb(body, [-0.6 * long, 1.1 * high, 0], [-long - 0.1, 1.75 * high + 0.06, 0], 0.14, 0.035),
  );
  const skull = draws.between(0.16, 0.2);
  const head: Vector = [
    draws.between(0.55, 0.72) * long,
    1.75 * high + skull + draws.between(-0.02, 0.12),
    0,
  ];
  shop.add(
    limb(body, [0.5 * long, 1.2 * high, 0], head, 0.15, 0.1),
    ball(body, head, [skull, skull, 0.95 * skull]),
    ball(
      beak,
      [head[0] + skull + 0.05, head[1] - 0.03, 0],
      [0.12, 0.035, 0.085],
      rotation("z", 0.1),
    ),
    ball(
      beak,
      [head[0] + skull + 0.03, head[1] - 0.065, 0],
      [0.09, 0.025, 0.07],
      rotation("z", -0.15),
    ),
  );
  const black = shop.material("plain", { colours: pupilColours, gloss: 0.9 });
  for (const sign of [1, -1]) {
    const side = sign > 0 ? "right" : "left";
    const eye: Vector = [head[0] + 0.55 * skull, head[1] + 0.28 * skull, sign * 0.72 * skull];
    shop.add(
      ball(black, eye, [0.034, 0.038, 0.034]),
      ball(
        wing,
        [-0.08, 1.12 * high, sign * 0.86 * wide],
        [0.6 * long, 0.58 * high, 0.07],
        rotation("z", -0.2),
      ),
    );
    shop
      .mark(`${side} eye`, eye, 0.06)
      .mark(`${side} wing`, [-0.08, 1.12 * high, sign * (0.86 * wide + 0.06)], 0.07);
  }
  shop
    .mark("beak", [head[0] + skull + 0.14, head[1] - 0.03, 0], 0.08)
    .mark("tail", [-long - 0.1, 1.75 * high + 0.07, 0], 0.08)
    .mark("crown", [head[0], head[1] + 0.95 * skull, 0], 0.09)
    .mark("breast", [0.95 * long, high, 0], 0.1);
}

const eyeColours = [
  [0.85, 0.84, 0.8],
  [0.8, 0.8, 0.78],
  [0.8, 0.8, 0.8],
] as const;
const pupilColours = [
  [0.012, 0.012, 0.014],
  [0.02, 0.02, 0.02],
  [0.02, 0.02, 0.02],
] as const;

/** Where curls sit, as parts of the belly's radii. */
const curls = [
  [0.62, 0.45, 0.5],
  [0.62, 0.45, -0.5],
  [-0.62, 0.45, 0.5],
  [-0.62, 0.45, -0.5],
  [0, 0.6, 0.45],
  [0, 0.6, -0.45],
  [0.7, -0.2, 0],
  [-0.72, 0, 0],
  [0.25, -0.25, 0.65],
  [0.25, -0.25, -0.65],
] as const;
