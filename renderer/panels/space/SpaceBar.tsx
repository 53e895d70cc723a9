/** What the pane of points shows and how it is coloured, and its two tools. */
import type { SpaceColour, SpaceMode } from "../../store/space-modes.ts";
import { Segments, type Option } from "../fields.tsx";
import { AddPatches } from "../AddPatches.tsx";
import { Icon } from "../Icon.tsx";
import { useLook } from "../store-context.ts";

const modes: readonly Option<Exclude<SpaceMode, "off">>[] = [
  { value: "pca", label: "PCA", title: "The first three components of the features" },
  { value: "umap", label: "UMAP", title: "Patches lie near those that they resemble" },
  { value: "surface", label: "Gram", title: "The Gram matrix as a surface" },
];

const colours: readonly Option<SpaceColour>[] = [
  { value: "position", label: "by position" },
  { value: "cluster", label: "by cluster" },
  { value: "class", label: "by class" },
  { value: "pca", label: "by component" },
  { value: "similarity", label: "by similarity" },
];

export function SpaceBar(props: { isLasso: boolean; onLasso: () => void; onHome: () => void }) {
  const { isLasso, onLasso, onHome } = props;
  const space = useLook(({ view }) => view.space);
  const colour = useLook(({ view }) => view.spaceColour);
  const setView = useLook((state) => state.setView);
  const arePoints = space !== "surface";
  return (
    <div className="space-bar">
      <Segments
        label="Shown in space"
        hideLabel
        value={space === "off" ? "pca" : space}
        options={modes}
        onChange={(next) => setView({ space: next })}
      />
      {arePoints && (
        <select
          aria-label="Colour of the points"
          value={colour}
          onChange={({ target }) => setView({ spaceColour: target.value as SpaceColour })}
        >
          {colours.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
      <span className="tools">
        {arePoints && <AddPatches />}
        {arePoints && (
          <button
            aria-label="Lasso"
            aria-pressed={isLasso}
            title="Lasso: drag around points to hold their patches (or Shift+drag; Ctrl adds)"
            onClick={onLasso}
          >
            <Icon name="lasso" />
          </button>
        )}
        <button aria-label="Show all" title="Show all again (0)" onClick={onHome}>
          <Icon name="home" />
        </button>
      </span>
    </div>
  );
}
