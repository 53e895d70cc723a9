/** The light on a surface: from the sun, the sky, what the ground throws back, and haze. */
import { smoothStep } from "./noise.ts";
import type { Scene } from "./scene.ts";
import { mostTogether, type Coordinates, type Surface } from "./surface.ts";
import type { Vector } from "./vectors.ts";

/** In metres. */
const hazeFrom = 5;

/** On the ground, in metres. */
interface Ball {
  readonly x: number;
  readonly z: number;
  readonly radius: number;
}

export class Lighting {
  private readonly bounce: Vector;
  /** Objects as balls on the ground. */
  private readonly balls: readonly Ball[];
  /** Shares of the sun, the sky and the ground that a point throws back. */
  private readonly sun = new Float64Array(mostTogether);
  private readonly above = new Float64Array(mostTogether);
  private readonly below = new Float64Array(mostTogether);

  constructor(private readonly scene: Scene) {
    const { light, objects } = scene;
    const [a, b] = scene.ground.material.colours;
    const up = 0.3 * light.direction[1];
    this.bounce = [0, 1, 2].map(
      (i) => 0.5 * (a[i]! + b[i]!) * (light.key[i]! * up + 0.25 * light.sky[i]!),
    ) as unknown as Vector;
    this.balls = objects.map(({ place: { offset }, size }) => ({
      x: offset[0],
      z: offset[2],
      radius: 0.34 * size,
    }));
  }

  /**
   * Turns the colours of a surface into the light that comes from it.
   * @param object that the surface belongs to, below 0 for none
   * @param gloss 0 to 1
   */
  light(surface: Surface, object: number, gloss: number): void {
    this.findOpen(surface, object);
    this.shareOut(surface);
    this.tint(surface);
    if (gloss > 0.02) this.polish(surface, gloss);
    this.haze(surface);
  }

  /** The share of the sky that objects around leave to a point: each is taken for a ball. */
  private findOpen({ count, open, place, normal }: Surface, object: number): void {
    open.fill(1, 0, count);
    for (let number = 0; number < this.balls.length; number++) {
      const ball = this.balls[number]!;
      if (number === object) shadeItself(count, open, place.y, ball.radius);
      else coverSky(count, open, place, normal, ball);
    }
  }

  private shareOut({ count, normal, sunlit, open }: Surface): void {
    const { sun, above, below } = this;
    const { x, y, z } = normal;
    const [lx, ly, lz] = this.scene.light.direction;
    for (let i = 0; i < count; i++) {
      const up = y[i]!;
      const facing = x[i]! * lx + up * ly + z[i]! * lz;
      sun[i] = facing > 0 ? sunlit[i]! * facing : 0;
      above[i] = open[i]! * (0.62 + 0.38 * up) * 0.95;
      below[i] = (0.55 + 0.45 * open[i]!) * (0.5 - 0.5 * up);
    }
  }

  /** Each colour by what falls on it. */
  private tint({ count, red, green, blue }: Surface): void {
    const { sun, above, below } = this;
    const [keyRed, keyGreen, keyBlue] = this.scene.light.key;
    const [skyRed, skyGreen, skyBlue] = this.scene.light.sky;
    const [bounceRed, bounceGreen, bounceBlue] = this.bounce;
    for (let i = 0; i < count; i++) {
      const a = sun[i]!;
      const b = above[i]!;
      const c = below[i]!;
      red[i] = red[i]! * (a * keyRed + b * skyRed + c * bounceRed + 0.04);
      green[i] = green[i]! * (a * keyGreen + b * skyGreen + c * bounceGreen + 0.04);
      blue[i] = blue[i]! * (a * keyBlue + b * skyBlue + c * bounceBlue + 0.04);
    }
  }

  /** What a glaze mirrors: the sun as a spot, and at a grazing view the horizon. */
  private polish(surface: Surface, gloss: number): void {
    const { count, sunlit, open, red, green, blue } = surface;
    const { x: vx, y: vy, z: vz } = surface.view;
    const { x: nx, y: ny, z: nz } = surface.normal;
    const { direction, key, horizon } = this.scene.light;
    const [lx, ly, lz] = direction;
    const [keyRed, keyGreen, keyBlue] = key;
    const [farRed, farGreen, farBlue] = horizon;
    const sharpness = 12 + 90 * gloss;
    const strength = 0.9 * gloss * gloss;
    // What lies farther from the spot would get less than 1e-10 of it.
    const dullest = Math.exp(-24 / sharpness);
    for (let i = 0; i < count; i++) {
      const long = 1 / Math.sqrt(vx[i]! * vx[i]! + vy[i]! * vy[i]! + vz[i]! * vz[i]!);
      const x = vx[i]! * long;
      const y = vy[i]! * long;
      const z = vz[i]! * long;
      const facing = -(nx[i]! * x + ny[i]! * y + nz[i]! * z);
      const graze = facing > 0 ? 1 - facing : 1;
      const mirror = gloss * open[i]! * (0.04 + 0.5 * graze * graze * graze * graze);
      let shine = 0;
      if (sunlit[i]! > 0) {
        const hx = lx - x;
        const hy = ly - y;
        const hz = lz - z;
        const along = nx[i]! * hx + ny[i]! * hy + nz[i]! * hz;
        const half = along / Math.sqrt(hx * hx + hy * hy + hz * hz);
        // The power of half, in half the time that Math.pow takes.
        if (half > dullest) shine = sunlit[i]! * strength * Math.exp(sharpness * Math.log(half));
      }
      red[i] = red[i]! + shine * keyRed + mirror * farRed;
      green[i] = green[i]! + shine * keyGreen + mirror * farGreen;
      blue[i] = blue[i]! + shine * keyBlue + mirror * farBlue;
    }
  }

  private haze({ count, depth, red, green, blue }: Surface): void {
    const [farRed, farGreen, farBlue] = this.scene.light.horizon;
    for (let i = 0; i < count; i++) {
      if (depth[i]! <= hazeFrom) continue;
      const share = 0.85 * (1 - Math.exp(-(depth[i]! - hazeFrom) / 14));
      red[i] = red[i]! + (farRed - red[i]!) * share;
      green[i] = green[i]! + (farGreen - green[i]!) * share;
      blue[i] = blue[i]! + (farBlue - blue[i]!) * share;
    }
  }
}

/** Near the ground an object shades itself. */
function shadeItself(count: number, open: Float64Array, high: Float64Array, radius: number): void {
  for (let i = 0; i < count; i++) {
    open[i] = open[i]! * (0.6 + 0.4 * smoothStep(0, 0.9 * radius, high[i]!));
  }
}

function coverSky(
  count: number,
  open: Float64Array,
  { x, y, z }: Coordinates,
  { x: nx, y: ny, z: nz }: Coordinates,
  ball: Ball,
): void {
  const middle = 0.8 * ball.radius;
  const square = ball.radius * ball.radius;
  const [bx, bz] = [ball.x, ball.z];
  for (let i = 0; i < count; i++) {
    const dx = bx - x[i]!;
    const dy = middle - y[i]!;
    const dz = bz - z[i]!;
    const away = dx * dx + dy * dy + dz * dz;
    if (away > 16 * square) continue;
    const towards = (nx[i]! * dx + ny[i]! * dy + nz[i]! * dz) / Math.sqrt(away);
    const facing = 0.25 + 0.75 * towards;
    if (facing <= 0) continue;
    const share = away > square ? facing * (square / away) : facing;
    open[i] = open[i]! * (share < 0.9 ? 1 - share : 0.1);
  }
}
