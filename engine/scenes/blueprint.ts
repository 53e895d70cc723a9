/** An object before it stands anywhere: parts, materials, and the points that its class shares. */
import type { Draws } from "../random/draws.ts";
import { drawMaterial, type Material, type Pattern } from "./materials.ts";
import type { Palette } from "./palette.ts";
import type { Part } from "./shapes.ts";
import type { Vector } from "./vectors.ts";

/**
 * Objects stand on y = 0, are about one unit in their longest extent, and look along +x if they have
 * a face.
 */
export interface Blueprint {
  readonly parts: readonly Part[];
  readonly materials: readonly Material[];
  readonly keypoints: readonly Keypoint[];
}

/** A point that means the same on every instance of a class. */
export interface Keypoint {
  readonly name: string;
  /** In object coordinates. */
  readonly at: Vector;
  /** In object units: how far in front of the point the surface may lie that shows it. */
  readonly slack: number;
}

/** Collects what a builder says. */
export class Workshop {
  private readonly parts: Part[] = [];
  private readonly materials: Material[] = [];
  private readonly keypoints: Keypoint[] = [];

  constructor(
    readonly draws: Draws,
    private readonly palette: Palette,
  ) {}

  /** @returns the number of a new material, of one of the patterns */
  material(patterns: Pattern | readonly Pattern[], given: Partial<Material> = {}): number {
    const choice = typeof patterns === "string" ? [patterns] : patterns;
    const pattern = choice[this.draws.below(choice.length)]!;
    return this.materials.push(drawMaterial(this.draws, this.palette, pattern, given)) - 1;
  }

  add(...parts: readonly Part[]): this {
    this.parts.push(...parts);
    return this;
  }

  /** @param slack for points on the surface the default is right; for points on an axis, its radius */
  mark(name: string, at: Vector, slack = 0.09): this {
    this.keypoints.push({ name, at, slack });
    return this;
  }

  blueprint(): Blueprint {
    return { parts: this.parts, materials: this.materials, keypoints: this.keypoints };
  }
}

export type Builder = (shop: Workshop) => void;
