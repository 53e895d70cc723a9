/**
 * Lines of WebGL are one pixel wide, whatever the size of the picture. Here a line of n pixels is
 * drawn n times n times, each copy a pixel beside the last; on the screen it is drawn once.
 */
import { InstancedBufferGeometry, Vector2 } from "three";

/** For a vertex shader: how far this copy lies beside the line, in parts of the picture. */
export const copyShift = `
  uniform int copies;
  uniform vec2 pixel;
  vec2 copyShift() {
    vec2 at = vec2(gl_InstanceID % copies, gl_InstanceID / copies);
    return (at - 0.5 * float(copies - 1)) * pixel;
  }
`;

export interface LineWidth {
  readonly copies: { value: number };
  readonly pixel: { value: Vector2 };
}

/** Uniforms of {@link copyShift}, for one pixel. */
export const thinLine = (): LineWidth => ({
  copies: { value: 1 },
  pixel: { value: new Vector2() },
});

export function lineGeometry(): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry();
  geometry.instanceCount = 1;
  return geometry;
}

/** @param pixels whole, of a picture of `size` */
export function setLineWidth(
  pixels: number,
  size: { readonly width: number; readonly height: number },
  { copies, pixel }: LineWidth,
  geometries: readonly InstancedBufferGeometry[],
): void {
  copies.value = pixels;
  pixel.value.set(2 / size.width, 2 / size.height);
  for (const geometry of geometries) {
    geometry.instanceCount = pixels * pixels;
  }
}
