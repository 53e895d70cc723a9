/** The classes of the built-in world: what lies behind and below, and what stands about. */
import { duck, fish, sheep } from "./animals.ts";
import type { Builder } from "./blueprint.ts";
import { car, house, rocket } from "./buildings.ts";
import { cactus, mushroom, tree } from "./plants.ts";
import { beachBall, teapot, vase } from "./vessels.ts";

/** By what is on the ground. */
export const groundNames = ["grass", "tiles", "sand"] as const;

export type GroundName = (typeof groundNames)[number];

export interface ObjectClass {
  readonly build: Builder;
  /** Length of one object unit in metres. */
  readonly size: readonly [number, number];
  /** Hue that most of them have, as a part of a turn in Oklab's plane; none where any will do. */
  readonly hue?: number;
}

export const objectNames = [
  "vase",
  "ball",
  "teapot",
  "mushroom",
  "tree",
  "cactus",
  "fish",
  "sheep",
  "duck",
  "house",
  "car",
  "rocket",
] as const;

export type ObjectName = (typeof objectNames)[number];

export const objectClasses: Readonly<Record<ObjectName, ObjectClass>> = {
  vase: { build: vase, size: [0.65, 0.92], hue: 0.7 },
  ball: { build: beachBall, size: [0.6, 0.88] },
  teapot: { build: teapot, size: [0.72, 0.98], hue: 0.85 },
  mushroom: { build: mushroom, size: [0.55, 0.9], hue: 0.07 },
  tree: { build: tree, size: [0.75, 1.1], hue: 0.38 },
  cactus: { build: cactus, size: [0.65, 0.95], hue: 0.42 },
  fish: { build: fish, size: [0.78, 1.05], hue: 0.16 },
  sheep: { build: sheep, size: [0.65, 0.95], hue: 0.24 },
  duck: { build: duck, size: [0.72, 0.98], hue: 0.28 },
  house: { build: house, size: [0.65, 0.95], hue: 0.11 },
  car: { build: car, size: [0.7, 0.95], hue: 0.02 },
  rocket: { build: rocket, size: [0.78, 1.05], hue: 0.6 },
};

/** As {@link ObjectClass.hue}. */
export const groundHues: Readonly<Record<GroundName, number>> = {
  grass: 0.37,
  tiles: 0.62,
  sand: 0.2,
};

export const skyHue = 0.69;

/** Names by the value in a semantic mask: sky, grounds, objects. */
export const classNames: readonly string[] = ["sky", ...groundNames, ...objectNames];

export const skyClass = 0;

export function groundClass(name: GroundName): number {
  return 1 + groundNames.indexOf(name);
}

export function objectClass(name: ObjectName): number {
  return 1 + groundNames.length + objectNames.indexOf(name);
}
