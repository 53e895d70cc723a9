/** A scene as pixels of any size, beside the canvas: with edges smoothed by drawing finer and averaging. */
import { WebGLRenderTarget, type Camera, type Scene, type WebGLRenderer } from "three";

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Pixels drawn at once, where each of the picture is the mean of four. */
const mostFine = 40_000_000;

/** How much finer than the picture it is drawn. */
export function finenessOf({ width, height }: PixelSize, renderer: WebGLRenderer): 1 | 2 {
  const fits = 2 * Math.max(width, height) <= renderer.capabilities.maxTextureSize;
  return fits && 4 * width * height <= mostFine ? 2 : 1;
}

/**
 * @param fineness as finenessOf says it
 * @returns uint8 [height, width, 4], sRGB, alpha not premultiplied; clear where nothing is
 */
export function pixelsOfScene(
  renderer: WebGLRenderer,
  scene: Scene,
  camera: Camera,
  { width, height }: PixelSize,
  fineness: 1 | 2,
): Uint8Array {
  const [wide, high] = [width * fineness, height * fineness];
  const target = new WebGLRenderTarget(wide, high);
  const fine = new Uint8Array(4 * wide * high);
  try {
    renderer.setRenderTarget(target);
    renderer.clear();
    renderer.render(scene, camera);
    renderer.readRenderTargetPixels(target, 0, 0, wide, high, fine);
  } finally {
    renderer.setRenderTarget(null);
    target.dispose();
  }
  return averaged(fine, { width, height }, fineness);
}

/** WebGL's rows go upward. */
function averaged(fine: Uint8Array, { width, height }: PixelSize, fineness: 1 | 2): Uint8Array {
  const out = new Uint8Array(4 * width * height);
  const wide = width * fineness;
  const cells = Array.from({ length: fineness * fineness }, (_, i): [number, number] => [
    i % fineness,
    Math.floor(i / fineness),
  ]);
  for (let y = 0; y < height; y++) {
    const row = (height - 1 - y) * fineness;
    for (let x = 0; x < width; x++) {
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (const [right, up] of cells) {
        const at = 4 * ((row + up) * wide + x * fineness + right);
        // What is drawn is opaque, and the rest is clear and black.
        red += fine[at]!;
        green += fine[at + 1]!;
        blue += fine[at + 2]!;
        alpha += fine[at + 3]!;
      }
      if (alpha === 0) continue;
      const to = 4 * (y * width + x);
      out[to] = Math.round((255 * red) / alpha);
      out[to + 1] = Math.round((255 * green) / alpha);
      out[to + 2] = Math.round((255 * blue) / alpha);
      out[to + 3] = Math.round(alpha / cells.length);
    }
  }
  return out;
}
