/** Builders of what grows: mushroom, tree and cactus. */
import type { Workshop } from "./blueprint.ts";
import { ball, domeProfile, limb, smoothProfile, turned } from "./shapes.ts";
import { identity, type Vector } from "./vectors.ts";

export function mushroom(shop: Workshop): void {
  const { draws } = shop;
  const flesh = shop.material("plain");
  const cap = shop.material("spots", { frequency: draws.between(4, 6.5) });
  const gills = shop.material("ribs", { axis: [28, 0, 0], gloss: 0 });
  const rim = draws.between(0.38, 0.5);
  const high = draws.between(0.26, 0.4);
  const stem = draws.between(0.12, 0.17);
  const tall = draws.between(0.42, 0.58);
  shop.add(
    turned(
      flesh,
      smoothProfile([
        [stem + 0.05, 0],
        [stem + 0.04, 0.1],
        [stem, 0.5 * tall],
        [stem, tall + 0.05],
      ]),
    ),
    turned(
      gills,
      [
        [stem, tall + 0.06],
        [rim - 0.02, tall - 0.005],
      ],
      { open: true },
    ),
    turned(cap, [[rim - 0.03, tall - 0.03], ...domeProfile(rim, high, tall, 7)], { open: true }),
  );
  shop
    .mark("top", [0, tall + high - 0.01, 0], 0.1)
    .mark("cap", [0, tall + 0.35 * high, 0], 1.4 * rim)
    .mark("stem", [0, 0.45 * tall, 0], 0.3)
    .mark("foot", [0, 0.05, 0], 0.3);
}

export function tree(shop: Workshop): void {
  const { draws } = shop;
  const bark = shop.material("ribs", { axis: [9, 0, 0], gloss: 0 });
  const leaves = shop.material("leaves", { frequency: draws.between(9, 13), gloss: 0.05 });
  const trunk = draws.between(0.3, 0.42);
  const thick = draws.between(0.07, 0.1);
  shop.add(
    turned(bark, [
      [thick + 0.05, 0],
      [thick + 0.01, 0.12],
      [thick, trunk + 0.1],
    ]),
  );
  const wide = draws.between(0.27, 0.36);
  const high = draws.between(0.28, 0.4);
  const middle = trunk + 0.75 * high;
  const tufts = 6;
  const first = draws.uniform() * 2 * Math.PI;
  const blobs: { centre: Vector; radius: number }[] = [
    { centre: [0, middle + 0.45 * high, 0], radius: 0.72 * wide },
  ];
  for (let i = 0; i < tufts; i++) {
    const angle = first + (2 * Math.PI * i) / tufts + draws.between(-0.2, 0.2);
    const out = draws.between(0.45, 0.65) * wide;
    const radius = draws.between(0.5, 0.68) * wide;
    const up = middle + draws.between(-0.35, 0.2) * high;
    blobs.push({ centre: [out * Math.cos(angle), up, out * Math.sin(angle)], radius });
  }
  for (const { centre, radius } of blobs) {
    const tuft: Vector = [radius, 0.88 * radius, radius];
    const holes = { frequency: 0.62 / radius + 3.2, threshold: 0.52, phase: 32 * draws.uniform() };
    shop.add(
      ball(leaves, centre, [0.92 * tuft[0], 0.92 * tuft[1], 0.92 * tuft[2]]),
      ball(leaves, centre, tuft, identity, holes),
    );
  }
  shop
    .mark("top", [0, middle + 0.45 * high + 0.6 * wide, 0], 0.2)
    .mark("crown", [0, middle, 0], 1.6 * wide)
    .mark("trunk", [0, 0.5 * trunk, 0], 2 * thick)
    .mark("root", [0, 0.03, 0], 2.5 * thick);
}

export function cactus(shop: Workshop): void {
  const { draws } = shop;
  const body = shop.material("ribs", { axis: [draws.below(5) + 11, 0, 0], gloss: 0.1 });
  const pot = shop.material(["plain", "rings"]);
  const rim = shop.material("plain");
  const thick = draws.between(0.13, 0.17);
  const base = draws.between(0.2, 0.26);
  const top = 1 - thick;
  shop.add(
    turned(pot, [
      [0.2, 0],
      [0.27, base],
    ]),
    turned(rim, [
      [0.3, base - 0.06],
      [0.3, base + 0.01],
    ]),
    limb(body, [0, base, 0], [0, top, 0], thick, 0.9 * thick),
  );
  shop
    .mark("top", [0, 0.98, 0], 0.12)
    .mark("column", [0, 0.62, 0], 0.3)
    .mark("pot", [0, 0.5 * base, 0], 0.45);
  const names = ["arm", "other arm"];
  const heights = [draws.between(0.42, 0.52), draws.between(0.54, 0.64)];
  const arms = draws.chance(0.75) ? 2 : 1;
  for (let i = 0; i < arms; i++) {
    const sign = i === 0 ? 1 : -1;
    const out = sign * draws.between(0.28, 0.35);
    const arm = draws.between(0.075, 0.095);
    const tip = heights[i]! + draws.between(0.14, 0.24);
    const elbow: Vector = [out, heights[i]! + 0.02, 0];
    shop.add(
      limb(body, [sign * 0.5 * thick, heights[i]! - 0.02, 0], elbow, arm, arm),
      limb(body, elbow, [out, tip, 0], arm, 0.9 * arm),
    );
    shop.mark(names[i]!, [out, tip + 0.8 * arm, 0], 0.12);
  }
}
