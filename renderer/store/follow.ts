/** Keeps features and probe answers in step with what is looked at: one watcher instead of many effects. */
import {
  featureRefOf,
  isCompared,
  isFollowed,
  isGramShown,
  isSpaceShown,
  probeCallOf,
} from "./selectors.ts";
import type { AnswerSlot } from "./probe-state.ts";
import type { Look, LookStore } from "./look.ts";

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

  const keyOf = (state: Look, slot: AnswerSlot) => {
    const ref = featureRefOf(state, slot === "second" ? "second" : "main");
    return ref && `${state.epoch} ${state.attempt} ${JSON.stringify(ref)}`;
  };

  const followFeatures = (state: Look) => {
    if (!isFollowed(state)) return;
    const key = keyOf(state, "main");
    if (key !== undefined && isNew("features main", key)) void state.loadFeatures("main");
    if (!isCompared(state)) return;
    const second = keyOf(state, "second");
    if (second !== undefined && isNew("features second", second)) {
      void state.loadFeatures("second");
    }
  };

  const followAnswer = (state: Look, slot: AnswerSlot, isShown: boolean) => {
    const key = keyOf(state, slot);
    const call = isShown ? probeCallOf(state, slot) : undefined;
    if (key === undefined || !call) return;
    if (isNew(slot, `${key} ${JSON.stringify(call)}`)) void state.runProbe(slot);
  };

  const dropWhatIsGone = (state: Look) => {
    if (state.second === undefined) {
      if (state.secondFeatures) state.dropSecond();
      state.dropAnswer("second");
      done.delete("features second");
      done.delete("second");
    }
    if (state.active === undefined) {
      for (const slot of ["main", "gram"] as const) {
        state.dropAnswer(slot);
        done.delete(slot);
      }
    }
  };

  /** A basis from another photograph needs that one open. */
  const openBasis = (state: Look) => {
    const { view, photographs, connection, ensureOpen } = state;
    const isUsed = view.probe === "pca" || isSpaceShown(state);
    if (!isUsed || !view.basis.startsWith("of ")) return;
    const from = photographs.find(({ key }) => `of ${key}` === view.basis);
    if (from && !from.info && connection.kind === "open") void ensureOpen(from.key);
  };

  const askAgain = ({ view, features, query, ask }: Look) => {
    const { patch, asks, matches, exclude } = view;
    if (!isNew("query", JSON.stringify([patch, asks, matches, exclude])) || !features) return;
    void ask(patch.length > 0 ? patch : query);
  };

  const step = () => {
    const state = store.getState();
    dropWhatIsGone(state);
    openBasis(state);
    followFeatures(state);
    followAnswer(state, "main", true);
    followAnswer(state, "second", isCompared(state));
    followAnswer(state, "gram", isGramShown(state));
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
      state.second !== before.second ||
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
