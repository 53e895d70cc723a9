/** Where in the world the points are that samples see, and which way their surface faces. */
import type { Primitive } from "./primitive.ts";
import type { Samples } from "./samples.ts";
import { mapAll, type Surface } from "./surface.ts";
import { transposed } from "./vectors.ts";
import { ground, type Visibility } from "./visibility.ts";

/**
 * Fills in view, depth, sunlit, place and normal, and of a part the same in its shape.
 * @param owner of all of these samples, and not the sky
 * @param some numbers of samples
 */
export function locate(
  surface: Surface,
  visibility: Visibility,
  owner: number,
  samples: Samples,
  some: Int32Array,
): void {
  lookAlong(surface, visibility, samples, some);
  const { count, depth, normal } = surface;
  const { x: vx, y: vy, z: vz } = surface.view;
  const { x, y, z } = surface.place;
  const [ex, ey, ez] = visibility.rays.camera.eye;
  for (let i = 0; i < count; i++) {
    const far = depth[i]!;
    x[i] = ex + far * vx[i]!;
    y[i] = ey + far * vy[i]!;
    z[i] = ez + far * vz[i]!;
  }
  if (owner === ground) {
    normal.x.fill(0, 0, count);
    normal.y.fill(1, 0, count);
    normal.z.fill(0, 0, count);
  } else locateOnPart(surface, visibility.primitives[owner]!);
}

/** Fills in view, depth and sunlit alone. */
export function lookAlong(
  surface: Surface,
  { rays, side }: Visibility,
  samples: Samples,
  some: Int32Array,
): void {
  const { depth, sunlit } = surface;
  const { x: vx, y: vy, z: vz } = surface.view;
  const { x, y, depth: depths, sunlit: shares } = samples;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = rays.camera.axes;
  const { pixel } = rays;
  const middle = 0.5 * side;
  const count = some.length;
  surface.count = count;
  for (let i = 0; i < count; i++) {
    const sample = some[i]!;
    const right = (x[sample]! - middle) * pixel;
    const down = (y[sample]! - middle) * pixel;
    vx[i] = m0 * right + m1 * down + m2;
    vy[i] = m3 * right + m4 * down + m5;
    vz[i] = m6 * right + m7 * down + m8;
    depth[i] = depths[sample]!;
    sunlit[i] = shares[sample]!;
  }
}

function locateOnPart(surface: Surface, primitive: Primitive): void {
  const { count, place, normal, inShape, shapeNormal } = surface;
  const { inward, origin } = primitive;
  mapAll(count, place, inward, origin, inShape);
  primitive.normalsAt(surface.pointsOf(inShape), shapeNormal);
  mapAll(count, shapeNormal, transposed(inward), [0, 0, 0], normal);
  const { x: vx, y: vy, z: vz } = surface.view;
  const { x, y, z } = normal;
  for (let i = 0; i < count; i++) {
    const a = x[i]!;
    const b = y[i]!;
    const c = z[i]!;
    // Towards the eye: the inside of a vase is a surface too.
    const facing = a * vx[i]! + b * vy[i]! + c * vz[i]! < 0 ? 1 : -1;
    const long = facing / Math.sqrt(a * a + b * b + c * c);
    x[i] = a * long;
    y[i] = b * long;
    z[i] = c * long;
  }
}
