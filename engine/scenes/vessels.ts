/** Builders of turned things: vase, ball and teapot. */
import type { Workshop } from "./blueprint.ts";
import { ball, limb, smoothProfile, turned } from "./shapes.ts";
import { rotation, type Vector } from "./vectors.ts";

export function vase(shop: Workshop): void {
  const { draws } = shop;
  const foot = draws.between(0.15, 0.22);
  const belly = draws.between(0.3, 0.4);
  const bellyAt = draws.between(0.3, 0.5);
  const neck = draws.between(0.1, 0.17);
  const neckAt = draws.between(0.74, 0.84);
  const lip = neck + draws.between(0.07, 0.14);
  const glaze = shop.material(["rings", "rings", "marble", "checks", "plain"]);
  const dark = shop.material("plain");
  shop.add(
    turned(
      glaze,
      [
        [foot, 0],
        ...smoothProfile(
          [
            [foot, 0],
            [0.75 * belly + 0.25 * foot, 0.5 * bellyAt],
            [belly, bellyAt],
            [0.5 * (belly + neck), 0.5 * (bellyAt + neckAt)],
            [neck, neckAt],
            [lip, 1],
          ],
          2,
        ),
      ],
      { open: true },
    ),
    ball(dark, [0, 0.5 * neckAt, 0], [0.6 * belly, 0.25, 0.6 * belly]),
  );
  shop
    .mark("lip", [0, 0.99, 0], 2 * lip)
    .mark("neck", [0, neckAt, 0], 2 * neck)
    .mark("belly", [0, bellyAt, 0], 1.5 * belly)
    .mark("foot", [0, 0.04, 0], 1.5 * foot);
}

export function beachBall(shop: Workshop): void {
  const { draws } = shop;
  const skin = shop.material("panels", { gloss: draws.between(0.3, 0.8) });
  const pole = rotation("z", draws.between(-1.1, 1.1));
  shop.add(ball(skin, [0, 0.42, 0], [0.42, 0.42, 0.42], pole));
  shop
    .mark("cap", [0.41 * pole[1], 0.42 + 0.41 * pole[4], 0], 0.1)
    .mark("middle", [0, 0.42, 0], 0.5);
}

export function teapot(shop: Workshop): void {
  const { draws } = shop;
  const glaze = shop.material(["spots", "spots", "marble", "plain", "patches"], {
    gloss: draws.between(0.5, 0.95),
  });
  const trim = shop.material("plain", { gloss: 0.8 });
  const radius = draws.between(0.28, 0.34);
  const half = draws.between(0.22, 0.32);
  const middle = half + 0.02;
  const top = middle + half;
  shop.add(ball(glaze, [0, middle, 0], [radius, half, radius]));
  // The lid, its rim and its knob.
  const lid = draws.between(0.14, 0.19);
  shop.add(
    ball(trim, [0, top - 0.03, 0], [lid + 0.02, 0.045, lid + 0.02]),
    ball(glaze, [0, top - 0.01, 0], [lid, draws.between(0.07, 0.11), lid]),
    ball(trim, [0, top + 0.11, 0], [0.055, 0.055, 0.055]),
  );
  const spoutEnd: Vector = [radius + draws.between(0.2, 0.28), top - draws.between(0, 0.1), 0];
  const bend: Vector = [radius + 0.1, middle + 0.02, 0];
  shop.add(
    limb(glaze, [0.7 * radius, middle - 0.1, 0], bend, 0.1, 0.075),
    limb(glaze, bend, spoutEnd, 0.072, 0.05),
    ball(trim, spoutEnd, [0.06, 0.06, 0.06]),
  );
  // The handle: an arc of limbs.
  const grip = draws.between(0.2, 0.26);
  const arc = Array.from({ length: 6 }, (_, i): Vector => {
    const angle = Math.PI * (0.42 - (0.84 * i) / 5);
    return [-0.85 * radius - grip * Math.cos(angle), middle + 0.85 * half * Math.sin(angle), 0];
  });
  for (let i = 0; i + 1 < arc.length; i++) {
    shop.add(limb(trim, arc[i]!, arc[i + 1]!, 0.045, 0.045));
  }
  shop
    .mark("knob", [0, top + 0.14, 0], 0.12)
    .mark("spout", spoutEnd, 0.13)
    .mark("handle", [-0.85 * radius - grip, middle, 0], 0.1)
    .mark("body", [0, middle, 0], 0.45);
}
