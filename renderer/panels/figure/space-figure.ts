/** The pane of points or of the surface as a pane of a figure: what is seen, drawn again at the figure's size. */
import { classColour } from "../../../engine/protocol/class-colours.ts";
import type { FigurePaneInput, Ground } from "../../../engine/protocol/figure.ts";
import { barKey, formatEnd, keyOfMap } from "../../../engine/protocol/figure-keys.ts";
import { toWireTensor } from "../../../engine/protocol/tensor.ts";
import { umapSettings } from "../../compute/umap-steps.ts";
import { cornerColours } from "../../scene/space-colours.ts";
import type { SpaceScene, SpaceTheme } from "../../scene/space-scene.ts";
import type { Look } from "../../store/look.ts";
import { photographOf, spacePartner } from "../../store/selectors.ts";
import { featureRecipe, type Line } from "../cosine-lines.ts";
import { variantIn } from "../pane-picture.ts";
import { classesOf, classesPresent } from "../space/space-classes.ts";
import { similarityRange } from "../space/space-content.ts";
import { spaceSummary } from "../space/space-words.ts";

/** Ink, lines and paper of the figure's ground, as the page has them in its themes. */
const themes: Readonly<Record<Ground, SpaceTheme>> = {
  light: { ink: "#15181b", line: "#c9ced4", paper: "#ffffff" },
  dark: { ink: "#e9ebed", line: "#3d434a", paper: "#101214" },
};

/** @returns undefined while nothing is drawn there */
export function spacePane(state: Look, scene: SpaceScene): FigurePaneInput | undefined {
  if (!(scene.points ?? scene.field)) return undefined;
  const { width, height } = scene.seen;
  const key = spaceKey(state);
  return {
    title: titles[state.view.space],
    note: spaceSummary(state),
    view: { x: 0, y: 0, width, height },
    ...(key && { key }),
    recipe: [...recipeOf(state), ...shownLines(state, scene)],
  };
}

/** @param size in pixels of the figure */
export function withSpacePicture(
  pane: FigurePaneInput,
  scene: SpaceScene,
  size: { readonly width: number; readonly height: number },
  ground: Ground,
): FigurePaneInput {
  const { pixels, width, height, names } = scene.picture(size, themes[ground]);
  const { view } = pane;
  return {
    ...pane,
    map: {
      cells: toWireTensor(pixels, [height, width, 4]),
      box: view,
      opacity: 1,
      // Where the figure is larger than what can be drawn at once.
      isSmooth: true,
    },
    labels: names.map(({ text, x, y, isOver }) => ({
      text,
      isOver,
      x: x * view.width,
      y: y * view.height,
    })),
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

function shownLines(state: Look, scene: SpaceScene): Line[] {
  const { view, spaceAnswers } = state;
  const { from, toward } = scene.eye.sight;
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
