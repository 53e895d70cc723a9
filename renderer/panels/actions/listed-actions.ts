/** Actions that what is open brings along: each photograph, model, run, block and colour map by its name. */
import { colormapNames } from "../../../engine/protocol/colormap.ts";
import { baseName } from "../../store/base-name.ts";
import type { Look } from "../../store/look.ts";
import { offeredPaths } from "../../store/measure-paths.ts";
import { spaceModes } from "../../store/space-modes.ts";
import type { Action } from "./action.ts";

const listed = (
  group: Action["group"],
  title: string,
  run: Action["run"],
  words?: string,
): Action => ({
  id: title,
  title,
  group,
  scope: "everywhere",
  keys: [],
  run,
  ...(words !== undefined && { words }),
});

const spaceTitles = {
  off: "Close the space",
  pca: "Space by PCA",
  umap: "Space by UMAP",
  surface: "Gram matrix as a surface",
};

/** Their titles differ: what has the name of another is told apart by its path. */
export function listedActions(state: Look): readonly Action[] {
  const list = [...photographs(state), ...models(state), ...runs(state)];
  if (state.page === "look") list.push(...ofTheView(state));
  const seen = new Set<string>();
  return list.filter(({ title }) => !seen.has(title) && seen.add(title));
}

function photographs({ photographs: all, recent, active }: Look): Action[] {
  const open = all
    .filter(({ key }) => key !== active)
    .map(({ key, name }) =>
      listed("Photograph", `Show ${name}`, ({ choose, setPage }) => {
        setPage("look");
        void choose(key);
      }),
    );
  const lately = recent
    .filter(({ kind, exists }) => kind === "image" && exists)
    .map((one) =>
      listed(
        "Photograph",
        `Open photograph ${one.name}`,
        ({ openRecent, setPage }) => {
          setPage("look");
          void openRecent(one);
        },
        `recent ${one.path}`,
      ),
    );
  return [...open, ...lately];
}

function models(state: Look): Action[] {
  const names = new Map<string, string>();
  for (const { path, name } of state.info?.models ?? []) names.set(path, name);
  for (const { path, name, kind, exists } of state.recent) {
    if (kind === "model" && exists && !names.has(path)) names.set(path, name);
  }
  names.delete(state.modelPath ?? "");
  const all = [...names];
  return all.map(([path, name]) => {
    const isTwice = all.some(([other, same]) => other !== path && same === name);
    return listed(
      "Open",
      `Open model ${isTwice ? path : name}`,
      ({ openModel, setPage }) => {
        setPage("look");
        void openModel(path);
      },
      path,
    );
  });
}

function runs(state: Look): Action[] {
  const all = offeredPaths(state, "run").filter(({ path }) => path !== state.timeline?.folder);
  return all.map(({ path, label }) => {
    const isTwice = all.some((one) => one.path !== path && baseName(one.path) === baseName(path));
    return listed(
      "Open",
      `Open run ${isTwice ? path : baseName(path)}`,
      ({ openTimeline, setPage }) => {
        setPage("look");
        void openTimeline(path);
      },
      `${path} ${label}`,
    );
  });
}

function ofTheView({ model, view }: Look): Action[] {
  const unit = model?.stages ? "stage" : "block";
  const depth = model?.depth ?? 0;
  const layers = Array.from({ length: depth }, (_, index) =>
    listed("Layer", `Show ${unit} ${index + 1}`, ({ setView }) =>
      setView({ layer: index === depth - 1 ? "last" : index }),
    ),
  );
  const colours = colormapNames
    .filter((name) => name !== view.colormap)
    .map((colormap) =>
      listed("Map", `Colours: ${colormap}`, ({ setView }) => setView({ colormap })),
    );
  const spaces = spaceModes
    .filter((mode) => mode !== view.space)
    .map((space) => listed("Space", spaceTitles[space], ({ setView }) => setView({ space })));
  return [...layers, ...colours, ...spaces];
}
