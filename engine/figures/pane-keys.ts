/** Which key stands under a pane, and which under all of them. */
import type { FigureKey, FigurePane, Ground } from "../protocol/figure.ts";
import { plotKey } from "./plot-parts.ts";

/** The names of its curves are the key of a chart. */
export function withKey(pane: FigurePane, ground: Ground): FigurePane {
  const key = pane.key ?? (pane.plot && plotKey(pane.plot, ground));
  return key ? { ...pane, key } : pane;
}

/** One key for all panes, where they all have the same. */
export function sharedKey(panes: readonly FigurePane[]): FigureKey | undefined {
  const [first] = panes;
  if (panes.length < 2 || !first?.key) return undefined;
  const text = keyText(first.key);
  return panes.every(({ key }) => key && keyText(key) === text) ? first.key : undefined;
}

function keyText(key: FigureKey): string {
  if (key.kind === "swatches") return JSON.stringify(key);
  return JSON.stringify([key.ends, key.unit, Buffer.from(key.colours.data).toString("base64")]);
}
