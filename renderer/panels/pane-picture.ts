/** From the state to the map over one photograph; the same object again while nothing changed. */
import type { CosineMap } from "../store/feature-slice.ts";
import { isHovered } from "../store/selectors.ts";
import type { Look } from "../store/store.ts";
import type { Pane } from "../store/view-slice.ts";
import { pictureOfMap, placedOn, type MapPicture } from "../scene/map-picture.ts";

/**
 * Ends of the colour scale, one for both photographs so that they can be compared: the smallest
 * cosine rounded down to a tenth, up to 1, as the engine's own cosine maps are scaled. Rounding also
 * keeps the scale still while the pointer moves.
 */
export function cosineRange(cosine: CosineMap, range: "fit" | "full"): readonly [number, number] {
  if (range === "full") return [-1, 1];
  const low = Math.min(cosine.main.low, cosine.second?.low ?? 1);
  return [Math.floor(Math.min(low, 0.9) * 10) / 10, 1];
}

export function createPicture(pane: Pane): (state: Look) => MapPicture | undefined {
  let inputs: readonly unknown[] = [];
  let picture: MapPicture | undefined;
  const remember = (next: readonly unknown[], build: () => MapPicture | undefined) => {
    const isSame = next.length === inputs.length && next.every((one, i) => one === inputs[i]);
    if (!isSame) {
      inputs = next;
      picture = build();
    }
    return picture;
  };

  return (state) => {
    const { view, cosine, answer, shownMap } = state;
    if (isHovered(state)) {
      const over = cosine?.[pane];
      if (!cosine || !over) return undefined;
      const range = cosineRange(cosine, view.range);
      return remember([over, ...range], () => ({
        kind: "scalar",
        values: over.values,
        range,
        ...placedOn(over.geometry),
      }));
    }
    if (pane === "second" || answer?.call.probe !== view.probe) return undefined;
    const map = answer.result.maps[shownMap];
    if (!map) return undefined;
    const { signs, order } = view;
    return remember([map, signs, order], () =>
      pictureOfMap(map, answer.geometry, { signs, order }),
    );
  };
}
