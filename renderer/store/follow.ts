/** Keeps features and probe answers in step with what is looked at: one watcher instead of many effects. */
import type { FeatureSlot } from "./feature-state.ts";
import type { Look, LookStore } from "./look.ts";
import type { AnswerSlot } from "./probe-state.ts";
import { allPanes, ownParts, panesInSight, seenIn } from "./seen.ts";
import {
  featureRefOf,
  isAsked,
  isGramShown,
  isHovered,
  isSpaceShown,
  paneOfSlot,
  photographOf,
  probeCallOf,
  querySlotOf,
  slotRefOf,
} from "./selectors.ts";
import type { Pane } from "./view-state.ts";

/** The checkpoint that a PCA over a run waits for. */
const heldCard = ({ timeline }: Look) => timeline?.cards.get(timeline.hold ?? -1);

/** @returns stops following */
export function follow(store: LookStore): () => void {
  const done = new Map<string, string>();
  let hasThumbnails = false;

  /** @returns whether the key is another than the last one of this name */
  const isNew = (name: string, key: string) => {
    if (done.get(name) === key) return false;
    done.set(name, key);
    return true;
  };

  const followSlot = (state: Look, slot: FeatureSlot) => {
    const ref = slotRefOf(state, slot);
    if (!ref) return;
    const key = `${state.epoch} ${state.attempt} ${JSON.stringify(ref)}`;
    if (isNew(`features ${slot}`, key)) void state.loadFeatures(slot);
  };

  const followAnswer = (state: Look, slot: AnswerSlot) => {
    const ref = featureRefOf(state, slot === "gram" ? "main" : slot);
    const call = probeCallOf(state, slot);
    if (!ref || !call) return;
    const key = `${state.epoch} ${state.attempt} ${JSON.stringify([ref, call])}`;
    if (isNew(slot, key)) void state.runProbe(slot);
  };

  /** What a pane has of its own is opened when it is seen. */
  const openOwn = (state: Look, pane: Pane) => {
    const own = ownParts(state, pane);
    if (!own || state.connection.kind !== "open") return;
    if (own.model !== undefined && !state.cards.has(own.model)) {
      const key = `${state.epoch} ${state.attempt}`;
      if (isNew(`card ${own.model}`, key)) void state.openCard(own.model);
    }
    const photograph = photographOf(state, pane);
    if (own.photograph !== undefined && photograph && !photograph.info) {
      void state.ensureOpen(own.photograph);
    }
  };

  const followPane = (state: Look, pane: Pane) => {
    openOwn(state, pane);
    if (!isHovered(seenIn(state, pane))) followAnswer(state, pane);
    if (!isAsked(state, pane)) return;
    followSlot(state, pane);
    const from = querySlotOf(state, pane);
    if (from !== pane && from !== "main") followSlot(state, from);
  };

  const drop = (state: Look, slot: FeatureSlot) => {
    state.dropFeatures(slot);
    done.delete(`features ${slot}`);
  };

  const dropWhatIsGone = (state: Look) => {
    const panes = new Set(allPanes(state));
    if (state.active === undefined) panes.delete("main");
    for (const slot of Object.keys(state.features) as FeatureSlot[]) {
      if (!panes.has(paneOfSlot(slot))) drop(state, slot);
    }
    for (const slot of Object.keys(state.answers) as AnswerSlot[]) {
      if (panes.has(slot === "gram" ? "main" : slot)) continue;
      state.dropAnswer(slot);
      done.delete(slot);
    }
  };

  /** A basis from another photograph needs that one open. */
  const openBasis = (state: Look) => {
    const { photographs, connection, ensureOpen } = state;
    for (const pane of panesInSight(state)) {
      const { view } = seenIn(state, pane);
      const isUsed = view.probe === "pca" || isSpaceShown(state);
      if (!isUsed || !view.basis.startsWith("of ")) continue;
      const from = photographs.find(({ key }) => `of ${key}` === view.basis);
      if (from && !from.info && connection.kind === "open") void ensureOpen(from.key);
    }
  };

  const askAgain = (state: Look) => {
    const { view, query, ask, panes, hidden } = state;
    const { patch, asks, matches, exclude } = view;
    const own = panes.map((pane) => [pane.id, pane.view, pane.photograph, hidden.has(pane.id)]);
    if (!isNew("query", JSON.stringify([patch, asks, matches, exclude, own]))) return;
    if (Object.keys(state.features).length === 0) return;
    void ask(patch.length > 0 ? patch : query);
  };

  const step = () => {
    const state = store.getState();
    dropWhatIsGone(state);
    openBasis(state);
    for (const pane of panesInSight(state)) followPane(state, pane);
    if (isGramShown(state)) followAnswer(state, "gram");
    askAgain(state);
    state.followSpace();
    state.lookAround();

    // Thumbnails wait for the first map: nothing may delay that.
    if (!hasThumbnails && (state.cosine ?? state.answers.main)) {
      hasThumbnails = true;
      void state.openRemaining();
    }
  };

  step();
  return store.subscribe((state, before) => {
    // A hover changes none of these, and hovers are many.
    if (
      state.view !== before.view ||
      state.model !== before.model ||
      state.photographs !== before.photographs ||
      state.active !== before.active ||
      state.panes !== before.panes ||
      state.cards !== before.cards ||
      state.hidden !== before.hidden ||
      state.layout !== before.layout ||
      state.epoch !== before.epoch ||
      state.attempt !== before.attempt ||
      state.modelEpoch !== before.modelEpoch ||
      state.connection !== before.connection ||
      heldCard(state) !== heldCard(before) ||
      (!hasThumbnails && (state.cosine !== before.cosine || state.answers !== before.answers))
    ) {
      step();
    }
  });
}
