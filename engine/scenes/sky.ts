/** The sky: from one colour at the horizon to another overhead, with clouds. */
import {
  noiseAt,
  roughNoisePlanes,
  roughPlaneNoiseAt,
  smoothStep,
  type NoisePlane,
} from "./noise.ts";
import type { Light } from "./scene.ts";
import { mostTogether, type Surface } from "./surface.ts";

const numbers = () => new Float64Array(mostTogether);

export class Sky {
  private readonly puffs: readonly [NoisePlane, NoisePlane];
  private readonly x = numbers();
  private readonly y = numbers();
  private readonly z = numbers();
  private readonly puff = numbers();
  private readonly dark = numbers();

  constructor(private readonly light: Light) {
    this.puffs = roughNoisePlanes(light.phase);
  }

  /** Fills in the light from the directions of view. */
  colour({ count, view, red, green, blue }: Surface): void {
    const { horizon, sky, clouds } = this.light;
    const { puff, dark } = this;
    if (clouds > 0) this.findClouds(count, view);
    for (let i = 0; i < count; i++) {
      const up = Math.max(0, view.y[i]! / lengthOf(view.x[i]!, view.y[i]!, view.z[i]!));
      const rise = Math.sqrt(Math.min(1, up * 1.6));
      const cloud = clouds > 0 ? clouds * smoothStep(0.45, 0.75, puff[i]!) : 0;
      const white = 0.95 * (1 - 0.25 * cloud * dark[i]!) * cloud;
      const clear = 1 - cloud;
      red[i] = white + clear * (horizon[0] + (sky[0] - horizon[0]) * rise);
      green[i] = white + clear * (horizon[1] + (sky[1] - horizon[1]) * rise);
      blue[i] = white + clear * (horizon[2] + (sky[2] - horizon[2]) * rise);
    }
  }

  private findClouds(count: number, view: Surface["view"]): void {
    const { x, y, z, puff, dark } = this;
    const { phase } = this.light;
    for (let i = 0; i < count; i++) {
      const long = 1 / lengthOf(view.x[i]!, view.y[i]!, view.z[i]!);
      // Clouds lie on a ceiling: they shrink towards the horizon.
      const far = (1.2 * long) / (Math.max(0, view.y[i]! * long) + 0.12);
      x[i] = view.x[i]! * far + phase;
      z[i] = 0.6 * view.z[i]! * far + 3.3;
    }
    roughPlaneNoiseAt(puff, this.puffs, { count, x, z });
    for (let i = 0; i < count; i++) {
      x[i] = 4 * view.x[i]!;
      y[i] = 4 * view.y[i]!;
      z[i] = phase;
    }
    noiseAt(dark, { count, x, y, z });
  }
}

function lengthOf(x: number, y: number, z: number): number {
  return Math.sqrt(x * x + y * y + z * z);
}
