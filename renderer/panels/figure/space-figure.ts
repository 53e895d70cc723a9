/** The pane of points or of the surface as a pane of a figure: what is seen, drawn again at the figure's size. */
import { classColour } from "../../../engine/protocol/class-colours.ts";
import type { FigurePaneInput, Ground } from "../../../engine/protocol/figure.ts";
import { barKey, formatEnd, keyOfMap } from "../../../engine/protocol/figure-keys.ts";
import { toWireTensor } from "../../../engine/protocol/tensor.ts";
import { umapSettings } from "../../compute/umap-steps.ts";
import { cornerColours, type Rgb } from "../../scene/space-colours.ts";
import { home } from "../../scene/space-camera.ts";
import { drawSpacePicture, seenPart, type PictureTheme } from "../../scene/space-picture.ts";
import type { Look } from "../../store/look.ts";
import { photographOf, spacePartner } from "../../store/selectors.ts";
import { usualSpaceSize } from "../../store/space-sight.ts";
import { featureRecipe, type Line } from "../cosine-lines.ts";
import { variantIn } from "../pane-picture.ts";
import { classesOf, classesPresent } from "../space/space-classes.ts";
import { similarityRange } from "../space/space-content.ts";
import { shownInSpace } from "../space/space-shown.ts";
import { spaceSummary } from "../space/space-words.ts";

interface SpaceTheme extends PictureTheme {
  /** Of points that have no colour of their own. */
  readonly plain: Rgb;
}

/** As the page has them in its themes, on the figure's ground. */
const themes: Readonly<Record<Ground, SpaceTheme>> = {
  light: {
    ink: [0x15, 0x18, 0x1b],
    line: [0xc9, 0xce, 0xd4],
    paper: [0xff, 0xff, 0xff],
    plain: [0x5d, 0x64, 0x6d],
  },
  dark: {
    ink: [0xe9, 0xeb, 0xed],
    line: [0x3d, 0x43, 0x4a],
    paper: [0x10, 0x12, 0x14],
    plain: [0x90, 0x97, 0xa0],
  },
};

/** The pane as it was taken, and its picture once the size of that is known. */
export interface TakenSpace {
  readonly pane: FigurePaneInput;
  /** @param size in pixels of the figure */
  draw(
    size: { readonly width: number; readonly height: number },
    ground: Ground,
    signal: AbortSignal,
  ): Promise<FigurePaneInput>;
}

/** @returns undefined while nothing is drawn there */
export function takeSpace(state: Look): TakenSpace | undefined {
  const { sight, spaceSize: size = usualSpaceSize } = state;
  const content = shownInSpace(state, themes.light.plain);
  if (!content) return undefined;
  const { width, height } = seenPart({ content, sight, size });
  const view = { x: 0, y: 0, width, height };
  const key = spaceKey(state);
  const pane: FigurePaneInput = {
    title: titles[state.view.space],
    note: spaceSummary(state),
    view,
    ...(key && { key }),
    recipe: [...recipeOf(state), ...shownLines(state)],
  };
  return {
    pane,
    async draw(wish, ground, signal) {
      const theme = themes[ground];
      const shown = shownInSpace(state, theme.plain)!;
      const picture = await drawSpacePicture({ content: shown, sight, size }, wish, theme, signal);
      return {
        ...pane,
        map: {
          cells: toWireTensor(picture.pixels, [picture.height, picture.width, 4]),
          box: view,
          opacity: 1,
          // Where the figure is larger than its cells may be.
          isSmooth: true,
        },
        labels: picture.names.map(({ text, x, y, isOver }) => ({
          text,
          isOver,
          x: x * width,
          y: y * height,
        })),
      };
    },
  };
}

const titles: Readonly<Record<Look["view"]["space"], string>> = {
  off: "Space",
  pca: "Space, PCA",
  umap: "Space, UMAP",
  surface: "Gram surface",
};

function spaceKey(state: Look): FigurePaneInput["key"] {
  const { view, spaceAnswers } = state;
  const variant = variantIn(state, "main");
  const look = { colormap: view.colormap, variant };
  if (view.space === "surface") {
    const map = spaceAnswers.gram?.result.maps[0];
    return map && keyOfMap(map, look);
  }
  switch (view.spaceColour) {
    case "position":
      return {
        kind: "swatches",
        entries: ["upper left", "upper right", "lower left", "lower right"].map((text, i) => ({
          colour: [...cornerColours[i]!],
          text,
        })),
        note: "place in the photograph",
      };
    case "cluster": {
      const map = spaceAnswers.clusters?.result.maps[0];
      return map && keyOfMap(map, look);
    }
    case "class":
      return classKey(state);
    case "pca":
      return keyOfMap({ kind: "rgb", range: [0, 1], unit: "" }, look);
    case "similarity": {
      const range = similarityRange(state);
      return range && barKey(view.colormap, range, "cosine");
    }
  }
}

/** Classes that are named; a key of more is no key. */
const mostNamed = 12;

function classKey(state: Look): FigurePaneInput["key"] {
  const labels = photographOf(state, "main")?.labels;
  const geometry = state.features.main?.geometry;
  const classes = geometry && classesOf(state, "main", geometry);
  if (!labels || !classes) return undefined;
  const present = classesPresent(classes, labels);
  return {
    kind: "swatches",
    entries: present.slice(0, mostNamed).map(({ label, name }) => ({
      colour: [...classColour(label)],
      text: name,
    })),
    note: present.length > mostNamed ? `and ${present.length - mostNamed} more classes` : undefined,
  };
}

function recipeOf(state: Look): Line[] {
  const { view, spaceAnswers, umap } = state;
  if (view.space === "surface") return [...(spaceAnswers.gram?.result.recipe ?? [])];
  if (view.space === "pca") return [...(spaceAnswers.pca?.result.recipe ?? [])];
  const held = state.features.main;
  const photograph = photographOf(state, "main")?.name ?? "";
  const count = (umap?.coordinates.length ?? 0) / 3;
  const fitted = umap?.fitted ?? 0;
  const { neighbours, minDistance } = umapSettings;
  return [
    ...(held ? featureRecipe(held, state.model, photograph) : []),
    {
      label: "Probe",
      text:
        `UMAP of the patches in three dimensions, cosine, ${neighbours} neighbours, ` +
        `least distance ${minDistance}, from their first three components, seed ${view.seed}`,
    },
    { label: "Fitted on", text: `${fitted} of ${count} patches` },
  ];
}

const colourWords: Readonly<Record<Look["view"]["spaceColour"], string>> = {
  position: "coloured by the place in the photograph",
  cluster: "coloured by cluster",
  class: "coloured by class",
  pca: "coloured by the components",
  similarity: "coloured by cosine to the query",
};

function shownLines(state: Look): Line[] {
  const { view, spaceAnswers } = state;
  const { from, toward } = state.sight ?? { from: home.toArray(), toward: [0, 0, 0] };
  const place = (values: readonly number[]) => values.map(formatEnd).join(", ");
  const sight = `seen from (${place(from)}) toward (${place(toward)})`;
  const partner = spacePartner(state);
  const second = partner && photographOf(state, partner)?.name;
  const told = spaceAnswers.clusters?.result.recipe ?? [];
  const line = (label: string) => told.find((one) => one.label === label)?.text ?? "";
  const clusters = `${line("Probe")}; ${line("Clusters")}; seed ${line("Seed")}`;
  if (view.space === "surface") return [{ label: "Shown", text: `${view.colormap}, ${sight}` }];
  return [
    { label: "Shown", text: `${colourWords[view.spaceColour]}, ${sight}` },
    ...(view.spaceColour === "cluster" && told.length > 0
      ? [{ label: "Clusters", text: clusters }]
      : []),
    ...(second === undefined
      ? []
      : [{ label: "Diamonds", text: `patches of ${second}, in the same basis` }]),
  ];
}
