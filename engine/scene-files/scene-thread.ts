/**
 * What a scene thread does: piscina calls these functions by name. It draws scenes of the built-in
 * world, for a page that looks at them and for a folder that they are written to.
 */
import sharp from "sharp";
import type { LabelledSet, Picture, Task } from "../labels/labelled.ts";
import type {
  RenderedScene,
  ScenePair,
  ScenePairWish,
  SceneSequence,
  SceneSequenceWish,
  SceneWish,
} from "../protocol/scenes.ts";
import { toWireTensor, type WireTensor } from "../protocol/tensor.ts";
import { objectClass } from "../scenes/classes.ts";
import { instancePair, viewPair } from "../scenes/correspondence.ts";
import { renderScene, scenePicture, sceneTruth } from "../scenes/render.ts";
import { drawScene } from "../scenes/scene.ts";
import { sceneSet, type SceneSetOptions } from "../scenes/scene-sets.ts";
import { renderSequence } from "../scenes/sequence.ts";
import { outcomeOf, type Outcome } from "../threads/outcome.ts";
import { exportLayouts, type AnyFacts, type ItemPlace } from "./export-layouts.ts";
import { FolderWriter, type ImageFormat } from "./folder-writer.ts";

/** What can be asked of a scene thread. */
export interface SceneTasks {
  /** sRGB bytes [side, side, 3] of one scene, as training and measuring get them. */
  readonly draw: { readonly task: DrawTask; readonly value: Uint8Array };
  readonly render: { readonly task: SceneWish; readonly value: RenderedScene };
  readonly pair: { readonly task: ScenePairWish; readonly value: ScenePair };
  readonly sequence: { readonly task: SceneSequenceWish; readonly value: SceneSequence };
  /** @returns undefined for an item that is left out, because the layout has no place for it */
  readonly writeItem: { readonly task: ItemTask; readonly value: AnyFacts | undefined };
}

export interface DrawTask {
  readonly seed: number;
  readonly index: number;
  /** In pixels. */
  readonly side: number;
}

export interface ItemTask {
  readonly task: Task;
  readonly set: SceneSetOptions;
  readonly place: ItemPlace;
  /** Folder that the set is written to. */
  readonly folder: string;
  readonly format: ImageFormat;
}

export function draw({ seed, index, side }: DrawTask): Promise<Outcome<Uint8Array>> {
  return outcomeOf(async () => scenePicture(seed, index, side).pixels);
}

export function render(wish: SceneWish): Promise<Outcome<RenderedScene>> {
  return outcomeOf(async () => {
    const { seed, index, side, kind, what } = wish;
    const scene = drawScene(seed, index, { kind });
    const asked = new Set(what);
    const drawn = asked.has("picture") ? renderScene(scene, side) : undefined;
    const { semantic, instances, depth } = drawn ?? sceneTruth(scene, side);
    const map = (values: Uint8Array | Float32Array) => toWireTensor(values, [side, side]);
    return {
      ...(drawn && { picture: await pngOf(drawn.picture) }),
      ...(asked.has("semantic") && { semantic: map(semantic) }),
      ...(asked.has("labels") && { labels: await labelsOf(semantic, side) }),
      ...(asked.has("instances") && { instances: map(instances) }),
      ...(asked.has("depth") && { depth: map(depth) }),
      kind: scene.kind,
      objects: scene.objects.map(({ name }, i) => ({
        name,
        classIndex: objectClass(name),
        instance: i + 1,
      })),
      ground: scene.ground.name,
    };
  });
}

export function pair({ seed, index, side, pairs }: ScenePairWish): Promise<Outcome<ScenePair>> {
  return outcomeOf(async () => {
    const draw = pairs === "views" ? viewPair : instancePair;
    const { first, second, points, unit } = draw(seed, index, side);
    const flat = Float32Array.from(points.flatMap(({ from, to }) => [from.x, from.y, to.x, to.y]));
    return {
      first: await pngOf(first),
      second: await pngOf(second),
      points: toWireTensor(flat, [points.length, 4]),
      unit,
    };
  });
}

export function sequence(wish: SceneSequenceWish): Promise<Outcome<SceneSequence>> {
  return outcomeOf(async () => {
    const { seed, index, side, frames } = wish;
    const drawn = renderSequence(seed, index, side, frames);
    const masks = new Uint8Array(frames * side * side);
    drawn.masks.forEach((mask, i) => masks.set(mask, i * side * side));
    return {
      frames: await Promise.all(drawn.frames.map(pngOf)),
      masks: toWireTensor(masks, [frames, side, side]),
    };
  });
}

/** Draw one item of a set and write its files. */
export function writeItem(task: ItemTask): Promise<Outcome<AnyFacts | undefined>> {
  return outcomeOf(() => writeOf(task.task, sceneSet(task.task, task.set), task));
}

function writeOf<T extends Task>(
  name: T,
  set: LabelledSet<T>,
  { place, folder, format }: ItemTask,
): Promise<AnyFacts | undefined> {
  return exportLayouts[name].write(set, place, new FolderWriter(folder, format));
}

/** A picture of labels, as image.labels reads them. */
async function labelsOf(classes: Uint8Array, side: number): Promise<WireTensor> {
  const raw = { width: side, height: side, channels: 1 } as const;
  return wholeFile(await sharp(classes, { raw }).toColourspace("b-w").png().toBuffer());
}

async function pngOf({ pixels, width, height }: Picture): Promise<WireTensor> {
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 4 })
    .toBuffer();
  return wholeFile(bytes);
}

/** The encoder's buffer may be a view of a larger one, which would travel with it. */
function wholeFile(bytes: Buffer): WireTensor {
  const own = Uint8Array.from(bytes);
  return toWireTensor(own, [own.length]);
}
