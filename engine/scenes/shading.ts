/** The light from what samples see, surface by surface. */
import { Lighting } from "./lighting.ts";
import { locate, lookAlong } from "./locate.ts";
import { smoothStep } from "./noise.ts";
import { paint } from "./patterns.ts";
import type { Samples } from "./samples.ts";
import type { Scene } from "./scene.ts";
import { Sky } from "./sky.ts";
import { mapAll, Surface } from "./surface.ts";
import { apply, inverse, times, transposed, type Affine, type Matrix } from "./vectors.ts";
import { ground, sky, type Visibility } from "./visibility.ts";

export class Shader {
  private readonly surface = new Surface();
  private readonly lighting: Lighting;
  private readonly sky: Sky;
  /** From the world to the coordinates of each object. */
  private readonly inwards: readonly Affine[];

  constructor(
    private readonly scene: Scene,
    private readonly visibility: Visibility,
  ) {
    this.lighting = new Lighting(scene);
    this.sky = new Sky(scene.light);
    this.inwards = scene.objects.map(({ place }) => {
      const linear = inverse(place.linear);
      return { linear, offset: times(apply(linear, place.offset), -1) };
    });
  }

  /** Fills in the samples' colours. */
  shade(samples: Samples): void {
    const { surface, visibility } = this;
    samples.forEachOwner(visibility.primitives.length, (owner, some) => {
      if (owner === sky) {
        lookAlong(surface, visibility, samples, some);
        this.sky.colour(surface);
      } else {
        locate(surface, visibility, owner, samples, some);
        if (owner === ground) this.shadeGround();
        else this.shadePart(owner);
      }
      give(surface, samples, some);
    });
  }

  private shadeGround(): void {
    const { surface, lighting, scene } = this;
    const { material } = scene.ground;
    const { count, place, inObject } = surface;
    inObject.x.set(place.x);
    inObject.y.fill(0, 0, count);
    inObject.z.set(place.z);
    // Seen aslant, so that its features are narrower than elsewhere.
    this.findDetail(material.frequency, 1, 1.6);
    paint(surface, material);
    if (surface.isBumpy) lean(surface);
    lighting.light(surface, -1, material.gloss);
  }

  private shadePart(owner: number): void {
    const { surface, lighting, scene, visibility } = this;
    const { object, material: number } = visibility.primitives[owner]!;
    const { blueprint, size } = scene.objects[object]!;
    const material = blueprint.materials[number]!;
    const inward = this.inwards[object]!;
    mapAll(surface.count, surface.place, inward.linear, inward.offset, surface.inObject);
    this.findDetail(material.frequency, size, 1);
    paint(surface, material);
    if (surface.isBumpy) {
      const { count, lean: gradient } = surface;
      const outward = transposed(inward.linear).map((value) => value * size);
      mapAll(count, gradient, outward as unknown as Matrix, [0, 0, 0], gradient);
      lean(surface);
    }
    lighting.light(surface, object, material.gloss);
  }

  /** @param unit of the object, in metres */
  private findDetail(frequency: number, unit: number, aslant: number): void {
    const { count, depth, detail } = this.surface;
    const { pixel } = this.visibility.rays;
    for (let i = 0; i < count; i++) {
      const feature = (depth[i]! * pixel * frequency) / unit;
      detail[i] = 1 - smoothStep(0.22, 0.6, feature * aslant);
    }
  }
}

/** Tilts the normals by what the material's bumps say. */
function lean({ count, lean: gradient, normal }: Surface): void {
  const { x: gx, y: gy, z: gz } = gradient;
  const { x: nx, y: ny, z: nz } = normal;
  for (let i = 0; i < count; i++) {
    const along = gx[i]! * nx[i]! + gy[i]! * ny[i]! + gz[i]! * nz[i]!;
    const x = nx[i]! - gx[i]! + along * nx[i]!;
    const y = ny[i]! - gy[i]! + along * ny[i]!;
    const z = nz[i]! - gz[i]! + along * nz[i]!;
    const long = 1 / Math.sqrt(x * x + y * y + z * z);
    nx[i] = x * long;
    ny[i] = y * long;
    nz[i] = z * long;
  }
}

function give(surface: Surface, samples: Samples, some: Int32Array): void {
  const { red, green, blue } = surface;
  const { red: reds, green: greens, blue: blues } = samples;
  for (let i = 0; i < some.length; i++) {
    const sample = some[i]!;
    reds[sample] = red[i]!;
    greens[sample] = green[i]!;
    blues[sample] = blue[i]!;
  }
}
