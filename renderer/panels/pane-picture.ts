/** From the state to the map in one pane; the same object again while nothing changed. */
import { plainVariant, type PcaVariant } from "../../engine/protocol/pca-variant.ts";
import { float32Values } from "../../engine/protocol/tensor.ts";
import { alignedVariant } from "../scene/aligned-pca.ts";
import { differenceOf } from "../scene/difference.ts";
import { pictureOfMap, placedOn, type MapPicture } from "../scene/map-picture.ts";
import { shownRange } from "../store/colour-scale.ts";
import type { Look } from "../store/look.ts";
import type { Answer } from "../store/probe-state.ts";
import { againstIn, allPanes, isLinked, isSamePhotograph, seenIn } from "../store/seen.ts";
import { answerOf, featureRefOf, isHovered, isSameSpace, shownMapOf } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";

export type PictureOf = (state: Look) => MapPicture | undefined;

/** What a pane shows: its own map, or its difference from another pane's. */
export function createPicture(pane: Pane): PictureOf {
  const own = createMap(pane);
  const remember = memory();
  let other: { readonly pane: Pane; readonly map: PictureOf } | undefined;
  return (state) => {
    const mine = own(state);
    const against = againstIn(state, pane);
    if (against?.how !== "difference") return mine;
    if (other?.pane !== against.pane) {
      other = { pane: against.pane, map: createMap(against.pane) };
    }
    const theirs = other.map(state);
    if (!mine || !theirs) return undefined;
    return remember([mine, theirs], () => differenceOf(mine, theirs));
  };
}

/** What a difference is counted in. */
export function pairUnit(state: Look, pane: Pane): string {
  const seen = seenIn(state, pane);
  if (isHovered(seen)) return "difference of cosine";
  const map = shownMapOf(state, pane);
  return map?.kind === "scalar" ? `difference of ${map.unit}`.trim() : "distance of colours";
}

/** A pane's own map, whatever it is shown against. */
export function createMap(pane: Pane): PictureOf {
  const remember = memory();
  const rememberMap = memory();

  return (state) => {
    const seen = seenIn(state, pane);
    const { cosine } = state;
    const range = shownRange(state, pane);
    if (isHovered(seen)) {
      const over = cosine?.over[pane];
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
    const map = shownMapOf(state, pane);
    if (!answer || !map) return undefined;
    const { signs, order } = map.kind === "rgb" ? variantIn(state, pane) : plainVariant;
    const built = rememberMap([map, signs, order], () =>
      pictureOfMap(map, answer.geometry, { signs, order }),
    );
    // Other ends of the scale over the same values: see StageScene.
    return built?.kind === "scalar" && range
      ? remember([built, ...range], () => ({ ...built, range }))
      : built;
  };
}

/** How a pane's PCA is drawn: as the view says, its own basis matched to the main pane's. */
export function variantIn(state: Look, pane: Pane): PcaVariant {
  const { signs, order } = seenIn(state, pane).view;
  const look = { signs, order };
  if (pane === "main" || !isLinked(state, pane, "basis")) return look;
  if (!isSamePhotograph(state, pane)) {
    const model = basisPane(state, pane);
    return model === undefined ? look : variantIn(state, model);
  }
  const mine = ownBasis(answerOf(state, pane));
  const theirs = ownBasis(answerOf(state, "main"));
  if (!mine || mine.length !== theirs?.length) return look;
  const known = aligned.get(mine);
  const isKnown = known?.theirs === theirs && known.signs === signs && known.order === order;
  if (isKnown) return known.variant;
  const variant = alignedVariant(mine, theirs, look);
  aligned.set(mine, { theirs, signs, order, variant });
  return variant;
}

/** The pane over the main photograph whose basis this one's colours are of. */
function basisPane(state: Look, pane: Pane): Pane | undefined {
  const ref = featureRefOf(state, pane);
  return allPanes(state).find((one) => {
    const other = isSamePhotograph(state, one) ? featureRefOf(state, one) : undefined;
    return ref && other && isSameSpace(ref, other);
  });
}

/** Found once for two answers: a hover must not look for it again. */
const aligned = new WeakMap<
  Float32Array,
  PcaVariant & { readonly theirs: Float32Array; readonly variant: PcaVariant }
>();
const coloursOf = new WeakMap<Answer, Float32Array>();

/** The colours of a PCA that was fitted on its own photograph. */
function ownBasis(answer: Answer | undefined): Float32Array | undefined {
  const map = answer?.result.maps[0];
  if (!answer || map?.kind !== "rgb" || answer.call.probe !== "pca") return undefined;
  if ((answer.call.options.fit ?? []).length > 0) return undefined;
  let colours = coloursOf.get(answer);
  if (!colours) coloursOf.set(answer, (colours = float32Values(map.values)));
  return colours;
}

/** The last answer again while what it was made of is the same. */
function memory() {
  let inputs: readonly unknown[] = [];
  let picture: MapPicture | undefined;
  return <P extends MapPicture | undefined>(next: readonly unknown[], build: () => P): P => {
    const isSame = next.length === inputs.length && next.every((one, i) => one === inputs[i]);
    if (!isSame) {
      inputs = next;
      picture = build();
    }
    return picture as P;
  };
}
