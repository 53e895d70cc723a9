/** From the state to the map over one photograph; the same object again while nothing changed. */
import { shownRange } from "../store/colour-scale.ts";
import type { Look } from "../store/look.ts";
import { answerOf, isHovered } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";
import { pictureOfMap, placedOn, type MapPicture } from "../scene/map-picture.ts";

export function createPicture(pane: Pane): (state: Look) => MapPicture | undefined {
  const remember = memory();
  const rememberMap = memory();

  return (state) => {
    const { view, cosine, shownMap } = state;
    const range = shownRange(state);
    if (isHovered(state)) {
      const over = cosine?.[pane];
      if (!over || !range) return undefined;
      const { values, geometry } = over;
      return remember([over, ...range], () => ({
        kind: "scalar",
        values,
        range,
        ...placedOn(geometry),
      }));
    }
    const answer = answerOf(state, pane);
    const map = answer?.result.maps[shownMap];
    if (!map) return undefined;
    const { signs, order } = view;
    const built = rememberMap([map, signs, order], () =>
      pictureOfMap(map, answer.geometry, { signs, order }),
    );
    // Other ends of the scale over the same values: see StageScene.
    return built?.kind === "scalar" && range
      ? remember([built, ...range], () => ({ ...built, range }))
      : built;
  };
}

/** The last answer again while what it was made of is the same. */
function memory() {
  let inputs: readonly unknown[] = [];
  let picture: MapPicture | undefined;
  return (next: readonly unknown[], build: () => MapPicture | undefined) => {
    const isSame = next.length === inputs.length && next.every((one, i) => one === inputs[i]);
    if (!isSame) {
      inputs = next;
      picture = build();
    }
    return picture;
  };
}
