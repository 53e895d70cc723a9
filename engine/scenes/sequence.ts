/** Short moving pictures: the camera goes round, some objects travel or turn. */
import type { LabelledFrames } from "../labels/labelled.ts";
import { Draws } from "../random/draws.ts";
import { cameraTowards } from "./camera.ts";
import { renderScene } from "./render.ts";
import { drawScene, type Scene, type Standing } from "./scene.ts";
import { apply, length, minus, plus, product, rotation, times, type Vector } from "./vectors.ts";

const stream = 21;

/** What happens to an object from the first frame to the last. */
interface Motion {
  /** In metres, on the ground. */
  readonly travel: Vector;
  /** In radians, about the vertical. */
  readonly turn: number;
}

export interface Sequence {
  readonly scene: Scene;
  /** How far the camera goes round what it looks at, in radians. */
  readonly orbit: number;
  readonly motions: readonly Motion[];
}

/** A gathering, and how it moves. Objects never meet. */
export function drawSequence(seed: number, index: number): Sequence {
  const scene = drawScene(seed, index, { kind: "gathering" });
  const draws = new Draws(seed, index, stream);
  const orbit = draws.between(0.15, 0.4) * (draws.chance(0.5) ? 1 : -1);
  const motions: Motion[] = scene.objects.map(() => ({ travel: [0, 0, 0], turn: 0 }));
  scene.objects.forEach((_, i) => {
    if (!draws.chance(0.7)) return;
    const tries = 10;
    for (let k = 0; k < tries; k++) {
      const angle = draws.between(0, 2 * Math.PI);
      const far = draws.between(0.2, 0.7);
      const motion: Motion = {
        travel: [far * Math.cos(angle), 0, far * Math.sin(angle)],
        turn: draws.chance(0.5) ? draws.between(-0.9, 0.9) : 0,
      };
      if (!staysClear(scene.objects, motions, i, motion)) continue;
      motions[i] = motion;
      break;
    }
  });
  return { scene, orbit, motions };
}

/** @param time 0 for the first frame, 1 for the last */
export function sceneAt({ scene, orbit, motions }: Sequence, time: number): Scene {
  // Slow at both ends.
  const share = time * time * (3 - 2 * time);
  const objects = scene.objects.map((object, i) => moved(object, motions[i]!, share));
  const { camera, lens } = scene;
  const aim: Vector = [0, 0.25, 0.1];
  const around = rotation("y", orbit * (share - 0.5));
  const eye = plus(aim, apply(around, minus(camera.eye, aim)));
  return {
    ...scene,
    objects,
    camera: cameraTowards(eye, aim, camera.focal),
    lens: { ...lens, focus: length(minus(eye, aim)) },
  };
}

/**
 * @param frames 2 or more
 * @param side of the pictures in pixels
 */
export function renderSequence(
  seed: number,
  index: number,
  side: number,
  frames: number,
): LabelledFrames {
  const sequence = drawSequence(seed, index);
  const rendered = Array.from({ length: frames }, (_, i) =>
    renderScene(sceneAt(sequence, i / (frames - 1)), side, i),
  );
  const name = `scene sequence ${index}`;
  return {
    name,
    frames: rendered.map(({ picture }, i) => ({ ...picture, name: `${name}, frame ${i}` })),
    masks: rendered.map(({ instances }) => instances),
  };
}

function moved(object: Standing, { travel, turn }: Motion, share: number): Standing {
  const { linear, offset } = object.place;
  return {
    ...object,
    place: {
      linear: product(rotation("y", turn * share), linear),
      offset: plus(offset, times(travel, share)),
    },
  };
}

function staysClear(
  objects: readonly Standing[],
  motions: readonly Motion[],
  mover: number,
  motion: Motion,
): boolean {
  const steps = 6;
  const at = (i: number, { travel }: Motion, share: number) =>
    plus(objects[i]!.place.offset, times(travel, share));
  for (let step = 1; step <= steps; step++) {
    const share = step / steps;
    const here = at(mover, motion, share);
    for (let i = 0; i < objects.length; i++) {
      if (i === mover) continue;
      const apart = length(minus(here, at(i, motions[i]!, share)));
      if (apart < 0.45 * (objects[i]!.size + objects[mover]!.size)) return false;
    }
  }
  return true;
}
