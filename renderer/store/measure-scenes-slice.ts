/** The built-in world: draws scenes as they are looked at, and forgets those that are far away. */
import type { PayloadInput, Reply } from "../../engine/protocol/messages.ts";
import type { WireTensor } from "../../engine/protocol/tensor.ts";
import type { Slice } from "./look.ts";
import type { ScenesState, ScenesView, ShownScene } from "./measure-scenes-state.ts";

/** The highest index and seed that there are. */
export const lastScene = 2 ** 32 - 1;

/** Sides in pixels: of small pictures, of the large one, of frames, and as a photograph. */
export const thumbSide = 112;
const largeSide = 384;
const frameSide = 224;
const photographSide = 512;
export const sequenceFrames = 12;

/**
 * A scene is drawn after this long without a change, in milliseconds: one that is called off half way
 * costs the engine a thread.
 */
const settleMs = 120;

/** Small pictures that are kept: ten pages of them. */
const mostThumbs = 400;

export const firstScenes: ScenesView = {
  seed: 0,
  index: 0,
  kind: "own",
  mode: "scene",
  layer: "picture",
  opacity: 0.75,
  frame: 0,
};

export const scenesSlice: Slice<ScenesState> = (set, get, { engine }) => {
  let waiting: readonly number[] = [];
  let isDrawing = false;
  let settling: ReturnType<typeof setTimeout> | undefined;

  const drawWaiting = async () => {
    if (isDrawing) return;
    isDrawing = true;
    while (true) {
      const { scenes, sceneThumbs } = get();
      const index = waiting.find((one) => !sceneThumbs.has(thumbKey(scenes, one)));
      if (index === undefined) break;
      const key = thumbKey(scenes, index);
      const url = await engine
        .call("scene.render", { ...wishOf(scenes, index), side: thumbSide, what: ["picture"] })
        .then(urlOf, () => undefined);
      // Why is said when the scene is drawn large; the gallery asks again after a connection.
      if (url === undefined) break;
      const shown = new Set(waiting.map((one) => thumbKey(get().scenes, one)));
      set({ sceneThumbs: withThumb(get().sceneThumbs, key, url, shown) });
    }
    isDrawing = false;
  };

  return {
    scenes: firstScenes,
    scenesPerPage: 24,
    shownScene: undefined,
    sceneThumbs: new Map(),
    setScenes(change) {
      const { scenes } = get();
      const { seed = scenes.seed, index = scenes.index } = change;
      const within = { seed: inRange(seed), index: inRange(index) };
      const isOther = within.seed !== scenes.seed || within.index !== scenes.index;
      set({ scenes: { ...scenes, ...change, ...within, ...(isOther ? { frame: 0 } : {}) } });
      clearTimeout(settling);
      settling = setTimeout(() => void get().drawScene(), settleMs);
    },
    setScenesPerPage(scenesPerPage) {
      set({ scenesPerPage });
    },
    async drawScene() {
      const { scenes, shownScene } = get();
      const key = shownKey(scenes);
      if (shownScene?.key === key) return;
      const shown = await get().run(
        "Drawing the scene",
        (options) => draw(scenes, key, options),
        "scene",
      );
      if (!shown || key !== shownKey(get().scenes)) return;
      forgetShown(get().shownScene);
      set({ shownScene: shown });
    },
    drawThumbs(indices) {
      waiting = indices;
      void drawWaiting();
    },
    async openSceneInLook() {
      const { scenes } = get();
      const { seed, index } = scenes;
      const drawn = await get().run("Drawing the scene", (options) =>
        engine.call(
          "scene.render",
          {
            ...wishOf(scenes, index),
            side: photographSide,
            what: ["picture", "semantic", "labels"],
          },
          options,
        ),
      );
      if (!drawn?.picture) return;
      const blob = new Blob([drawn.picture.data.slice()], { type: "image/png" });
      set({ page: "look" });
      const { semantic, labels: bytes } = drawn;
      const [height = 0, width = 0] = semantic?.shape ?? [];
      const names = get().measuring?.classes;
      const name = `scene ${seed}/${index}`;
      const file = bytes && { name: `classes of ${name}`, bytes };
      const labels = semantic && { width, height, values: semantic.data.slice(), names, file };
      await get().openFiles([{ name, blob, labels }]);
    },
  };

  async function draw(
    view: ScenesView,
    key: string,
    options: { signal: AbortSignal; view?: string | undefined },
  ): Promise<ShownScene> {
    const { seed, index, mode } = view;
    switch (mode) {
      case "scene": {
        const what = ["picture", "semantic", "instances", "depth"] as const;
        const wish = { ...wishOf(view, index), side: largeSide, what: [...what] };
        const scene = await engine.call("scene.render", wish, options);
        return { key, mode, scene, url: urlOf(scene) };
      }
      case "views":
      case "instances": {
        const wish = { seed, index, side: largeSide, pairs: mode };
        const pair = await engine.call("scene.pair", wish, options);
        const urls = [urlOfFile(pair.first), urlOfFile(pair.second)] as const;
        return { key, mode, pair, urls, side: largeSide };
      }
      case "sequence": {
        const wish = { seed, index, side: frameSide, frames: sequenceFrames };
        const sequence = await engine.call("scene.sequence", wish, options);
        return { key, mode, sequence, urls: sequence.frames.map(urlOfFile) };
      }
    }
  }
};

type SceneWish = Omit<PayloadInput<"scene.render">, "side" | "what">;

function wishOf({ seed, kind }: ScenesView, index: number): SceneWish {
  return { seed, index, ...(kind === "own" ? {} : { kind }) };
}

/** A layer and a frame change what is seen of a drawing, and not the drawing. */
const shownKey = ({ seed, index, kind, mode }: ScenesView): string =>
  JSON.stringify([seed, index, mode, mode === "scene" ? kind : "own"]);

export const thumbKey = ({ seed, kind }: ScenesView, index: number): string =>
  `${seed} ${kind} ${index}`;

/** Index of the first scene of the page that holds an index. */
export const pageStart = (index: number, perPage: number): number =>
  Math.floor(index / perPage) * perPage;

const inRange = (value: number) => Math.min(lastScene, Math.max(0, Math.round(value) || 0));

/** The oldest go first, but for those that are shown. */
function withThumb(
  thumbs: ReadonlyMap<string, string>,
  key: string,
  url: string,
  shown: ReadonlySet<string>,
) {
  const next = new Map(thumbs).set(key, url);
  for (const [old, oldUrl] of next) {
    if (next.size <= mostThumbs) break;
    if (shown.has(old)) continue;
    URL.revokeObjectURL(oldUrl);
    next.delete(old);
  }
  return next;
}

function forgetShown(shown: ShownScene | undefined): void {
  if (!shown) return;
  for (const url of shown.mode === "scene" ? [shown.url] : shown.urls) URL.revokeObjectURL(url);
}

const urlOf = ({ picture }: Reply<"scene.render">): string => (picture ? urlOfFile(picture) : "");

const urlOfFile = ({ data }: WireTensor): string =>
  URL.createObjectURL(new Blob([data.slice()], { type: "image/png" }));
