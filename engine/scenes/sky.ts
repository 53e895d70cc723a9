/** The sky: from one colour at the horizon to another overhead, with clouds. */
import { noise, roughNoise, smoothStep } from "./noise.ts";
import type { Light } from "./scene.ts";

/**
 * Light from a direction, which need not have unit length.
 * @param into filled with linear RGB
 */
export function skyLight(
  light: Light,
  x: number,
  y: number,
  z: number,
  into: { red: number; green: number; blue: number },
): void {
  const long = 1 / Math.sqrt(x * x + y * y + z * z);
  const up = Math.max(0, y * long);
  const rise = Math.sqrt(Math.min(1, up * 1.6));
  let cloud = 0;
  let dim = 1;
  if (light.clouds > 0) {
    // Clouds lie on a ceiling: they shrink towards the horizon.
    const far = (1.2 * long) / (up + 0.12);
    const puff = roughNoise(x * far + light.phase, light.phase, 0.6 * z * far + 3.3);
    cloud = light.clouds * smoothStep(0.45, 0.75, puff);
    dim -= 0.25 * cloud * noise(4 * x, 4 * y, light.phase);
  }
  const clear = 1 - cloud;
  const white = 0.95 * dim * cloud;
  const { horizon, sky } = light;
  into.red = white + clear * (horizon[0] + (sky[0] - horizon[0]) * rise);
  into.green = white + clear * (horizon[1] + (sky[1] - horizon[1]) * rise);
  into.blue = white + clear * (horizon[2] + (sky[2] - horizon[2]) * rise);
}
