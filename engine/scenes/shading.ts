/** The colour of what is seen: material, sun, sky, what the ground throws back, and haze. */
import { paint, Surface, type Material } from "./materials.ts";
import { smoothStep } from "./noise.ts";
import type { Scene, Standing } from "./scene.ts";
import { Shadows, soften, unasked } from "./shadows.ts";
import { skyLight } from "./sky.ts";
import { inverse, type Affine } from "./vectors.ts";
import { ground, sky, type Visibility } from "./visibility.ts";

/** Linear light, [side, side, 3] interleaved, 1 for white at an exposure of 1. */
export type Radiance = Float32Array;

export class Shader {
  /** Out: the colour found last. */
  red = 0;
  green = 0;
  blue = 0;
  private readonly surface = new Surface();
  private readonly normal = new Float64Array(3);
  private readonly inwards: readonly Affine[];
  private readonly materials: readonly Material[];
  private readonly shadows: Shadows;
  private readonly pixelSize: number;
  private readonly bounce: readonly [number, number, number];
  private readonly sunlit: Float32Array;
  /** Objects as balls on the ground: x, z and radius of each. */
  private readonly balls: Float64Array;
  private px = 0;
  private py = 0;
  private pz = 0;
  private nx = 0;
  private ny = 1;
  private nz = 0;

  constructor(
    private readonly scene: Scene,
    private readonly visibility: Visibility,
  ) {
    const { primitives, side } = visibility;
    this.inwards = scene.objects.map(({ place }) => {
      const linear = inverse(place.linear);
      return { linear, offset: place.offset };
    });
    this.materials = primitives.map(
      ({ object, material }) => scene.objects[object]!.blueprint.materials[material]!,
    );
    this.shadows = new Shadows(scene, primitives);
    this.pixelSize = 1 / (side * scene.camera.focal);
    const { light } = scene;
    const [a, b] = scene.ground.material.colours;
    const up = 0.3 * light.direction[1];
    this.bounce = [0, 1, 2].map(
      (i) => 0.5 * (a[i]! + b[i]!) * (light.key[i]! * up + 0.25 * light.sky[i]!),
    ) as unknown as readonly [number, number, number];
    this.balls = Float64Array.from(
      scene.objects.flatMap(({ place: { offset }, size }) => [offset[0], offset[2], 0.34 * size]),
    );
    this.sunlit = this.findSunlit();
  }

  /** The light on the centre of a pixel. */
  shadePixel(x: number, y: number): void {
    const { visibility } = this;
    const i = y * visibility.side + x;
    this.shade(visibility.owner[i]!, visibility.depth[i]!, x + 0.5, y + 0.5, this.sunlit[i]!);
  }

  /** What the neighbourhood's pixel of this owner sees of the sun, for a place between pixels. */
  sunlitNear(owner: number, x: number, y: number): number {
    const { side, owner: owners } = this.visibility;
    let found = -1;
    for (let v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u++) {
        const i = v * side + u;
        if (owners[i] === owner) found = Math.max(found, this.sunlit[i]!);
      }
    }
    return Math.max(0, found);
  }

  /**
   * @param depth of the point along the direction of view
   * @param x place in the picture, in pixels
   * @param sunlit share of the light that the point sees
   */
  shade(owner: number, depth: number, x: number, y: number, sunlit: number): void {
    const { rays } = this.visibility;
    rays.aim(x, y);
    if (owner === sky) {
      skyLight(this.scene.light, rays.x, rays.y, rays.z, this);
      return;
    }
    this.locate(owner, depth);
    const { surface, scene } = this;
    const material = owner === ground ? scene.ground.material : this.materials[owner]!;
    const unit = owner === ground ? 1 : this.standingOf(owner).size;
    const feature = (depth * this.pixelSize * material.frequency) / unit;
    surface.detail = 1 - smoothStep(0.22, 0.6, owner === ground ? feature * 1.6 : feature);
    paint(surface, material);
    this.lean(owner, unit);
    this.light(owner, sunlit, material.gloss, rays.x, rays.y, rays.z);
    if (depth > hazeFrom) this.haze(depth);
  }

  private standingOf(owner: number): Standing {
    return this.scene.objects[this.visibility.primitives[owner]!.object]!;
  }

  /** Finds the point of the world, its normal and its texture coordinates. */
  private locate(owner: number, depth: number): void {
    const { surface, normal, visibility } = this;
    const { rays } = visibility;
    const { eye } = rays.camera;
    const x = (this.px = eye[0] + depth * rays.x);
    const y = (this.py = eye[1] + depth * rays.y);
    const z = (this.pz = eye[2] + depth * rays.z);
    if (owner === ground) {
      surface.x = x;
      surface.y = 0;
      surface.z = z;
      this.nx = this.nz = 0;
      this.ny = 1;
      return;
    }
    const primitive = visibility.primitives[owner]!;
    const m = primitive.inward;
    const o = primitive.origin;
    surface.u = m[0] * x + m[1] * y + m[2] * z + o[0];
    surface.v = m[3] * x + m[4] * y + m[5] * z + o[1];
    surface.w = m[6] * x + m[7] * y + m[8] * z + o[2];
    primitive.normalAt(surface.u, surface.v, surface.w, normal);
    const a = normal[0]!;
    const b = normal[1]!;
    const c = normal[2]!;
    surface.nu = a;
    surface.nv = b;
    surface.nw = c;
    const nx = m[0] * a + m[3] * b + m[6] * c;
    const ny = m[1] * a + m[4] * b + m[7] * c;
    const nz = m[2] * a + m[5] * b + m[8] * c;
    // Towards the eye: the inside of a vase is a surface too.
    const facing = nx * rays.x + ny * rays.y + nz * rays.z < 0 ? 1 : -1;
    const long = facing / Math.sqrt(nx * nx + ny * ny + nz * nz);
    this.nx = nx * long;
    this.ny = ny * long;
    this.nz = nz * long;
    const { linear: k, offset } = this.inwards[primitive.object]!;
    const rx = x - offset[0];
    const ry = y - offset[1];
    const rz = z - offset[2];
    surface.x = k[0] * rx + k[1] * ry + k[2] * rz;
    surface.y = k[3] * rx + k[4] * ry + k[5] * rz;
    surface.z = k[6] * rx + k[7] * ry + k[8] * rz;
  }

  /** Tilts the normal by what the material's bumps say. */
  private lean(owner: number, unit: number): void {
    const { leanX, leanY, leanZ } = this.surface;
    if (leanX === 0 && leanY === 0 && leanZ === 0) return;
    let gx = leanX;
    let gy = leanY;
    let gz = leanZ;
    if (owner !== ground) {
      const { linear: k } = this.inwards[this.visibility.primitives[owner]!.object]!;
      gx = unit * (k[0] * leanX + k[3] * leanY + k[6] * leanZ);
      gy = unit * (k[1] * leanX + k[4] * leanY + k[7] * leanZ);
      gz = unit * (k[2] * leanX + k[5] * leanY + k[8] * leanZ);
    }
    const along = gx * this.nx + gy * this.ny + gz * this.nz;
    const x = this.nx - gx + along * this.nx;
    const y = this.ny - gy + along * this.ny;
    const z = this.nz - gz + along * this.nz;
    const long = 1 / Math.sqrt(x * x + y * y + z * z);
    this.nx = x * long;
    this.ny = y * long;
    this.nz = z * long;
  }

  private light(
    owner: number,
    sunlit: number,
    gloss: number,
    vx: number,
    vy: number,
    vz: number,
  ): void {
    const { nx, ny, nz, surface, bounce } = this;
    const { light } = this.scene;
    const lx = light.direction[0];
    const ly = light.direction[1];
    const lz = light.direction[2];
    const open = this.openness(owner);
    const sun = sunlit * Math.max(0, nx * lx + ny * ly + nz * lz);
    const above = open * (0.62 + 0.38 * ny);
    const below = (0.55 + 0.45 * open) * (0.5 - 0.5 * ny);
    let shine = 0;
    let mirror = 0;
    if (gloss > 0.02) {
      const far = 1 / Math.sqrt(vx * vx + vy * vy + vz * vz);
      const facing = -(nx * vx + ny * vy + nz * vz) * far;
      const hx = lx - vx * far;
      const hy = ly - vy * far;
      const hz = lz - vz * far;
      const half = (nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
      if (half > 0) shine = sunlit * gloss * gloss * Math.pow(half, 12 + 90 * gloss) * 0.9;
      const graze = 1 - Math.max(0, facing);
      mirror = gloss * open * (0.04 + 0.5 * graze * graze * graze * graze);
    }
    const { key, sky: skyColour, horizon } = light;
    this.red =
      surface.red * (sun * key[0] + above * 0.95 * skyColour[0] + below * bounce[0] + 0.04) +
      shine * key[0] +
      mirror * horizon[0];
    this.green =
      surface.green * (sun * key[1] + above * 0.95 * skyColour[1] + below * bounce[1] + 0.04) +
      shine * key[1] +
      mirror * horizon[1];
    this.blue =
      surface.blue * (sun * key[2] + above * 0.95 * skyColour[2] + below * bounce[2] + 0.04) +
      shine * key[2] +
      mirror * horizon[2];
  }

  /** The share of the sky that objects around leave to a point: each is taken for a ball. */
  private openness(owner: number): number {
    const own = owner < 0 ? -1 : this.visibility.primitives[owner]!.object;
    const { balls } = this;
    let open = 1;
    for (let i = 0, k = 0; k < balls.length; i++, k += 3) {
      const radius = balls[k + 2]!;
      if (i === own) {
        // Near the ground an object shades itself.
        open *= 0.6 + 0.4 * smoothStep(0, 0.9 * radius, this.py);
        continue;
      }
      const dx = balls[k]! - this.px;
      const dy = 0.8 * radius - this.py;
      const dz = balls[k + 1]! - this.pz;
      const square = dx * dx + dy * dy + dz * dz;
      if (square > 16 * radius * radius) continue;
      const towards = (this.nx * dx + this.ny * dy + this.nz * dz) / Math.sqrt(square);
      const share = (radius * radius) / Math.max(square, radius * radius);
      open *= 1 - Math.min(0.9, Math.max(0, 0.25 + 0.75 * towards) * share);
    }
    return open;
  }

  private haze(depth: number): void {
    const share = 0.85 * (1 - Math.exp(-(depth - hazeFrom) / 14));
    const { horizon } = this.scene.light;
    this.red += (horizon[0] - this.red) * share;
    this.green += (horizon[1] - this.green) * share;
    this.blue += (horizon[2] - this.blue) * share;
  }

  /** Rays to the light from pixels that look towards it, then smoothed. */
  private findSunlit(): Float32Array {
    const { visibility, shadows } = this;
    const { side, owner, depth, rays, primitives } = visibility;
    const { direction } = this.scene.light;
    const seen = new Float32Array(side * side).fill(-1);
    const objects = new Int16Array(owner.length);
    for (let i = 0; i < owner.length; i++) {
      const number = owner[i]!;
      objects[i] = number < 0 ? number : primitives[number]!.object;
    }
    for (let y = 0, i = 0; y < side; y++) {
      for (let x = 0; x < side; x++, i++) {
        const object = objects[i]!;
        if (object === sky || depth[i]! > shadowsTo) continue;
        // Every other pixel, and all along the edges of objects.
        const isEdge =
          (x > 0 && objects[i - 1] !== object) || (x + 1 < side && objects[i + 1] !== object);
        if (!isEdge && ((x + y) & 1) === 1) {
          seen[i] = unasked;
          continue;
        }
        rays.aim(x + 0.5, y + 0.5);
        this.locate(owner[i]!, depth[i]!);
        const { nx, ny, nz } = this;
        if (nx * direction[0] + ny * direction[1] + nz * direction[2] <= 0) continue;
        const off = 0.003;
        const [px, py, pz] = [this.px + off * nx, this.py + off * ny, this.pz + off * nz];
        seen[i] = shadows.seen(px, py, pz, x, y);
      }
    }
    const soft = soften(seen, objects, visibility);
    for (let i = 0; i < soft.length; i++) if (depth[i]! > shadowsTo) soft[i] = 1;
    return soft;
  }
}

/** In metres. */
const hazeFrom = 5;
const shadowsTo = 12;
