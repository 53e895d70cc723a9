/** The engine's answers to the probe that is chosen, over each photograph, and its Gram matrix. */
import { probeTitles } from "../../engine/protocol/probes.ts";
import type { Slice } from "./look.ts";
import type { Answer, AnswerSlot, ProbeState } from "./probe-state.ts";
import { featureRefOf, probeCallOf } from "./selectors.ts";
import { isOneSeries } from "./timeline-view.ts";

export { probeTitles as probeLabels };

export const probeSlice: Slice<ProbeState> = (set, get, { maps }) => {
  const keep = (slot: AnswerSlot, answer: Answer | undefined) => {
    const { [slot]: _before, ...others } = get().answers;
    set({ answers: answer ? { ...others, [slot]: answer } : others });
  };

  return {
    answers: {},
    shownMap: 0,
    async runProbe(slot) {
      const ref = featureRefOf(get(), slot === "gram" ? "main" : slot);
      const call = probeCallOf(get(), slot);
      if (!ref || !call) return;
      const before = get().answers[slot];
      // Another setting keeps the old picture until the new one is there; another subject does not.
      const isSameSubject =
        before?.call.probe === call.probe &&
        before.ref.image === ref.image &&
        isOneSeries(get(), before.ref.model, ref.model);
      if (!isSameSubject) {
        keep(slot, undefined);
        if (slot === "main" && before?.call.probe !== call.probe) set({ shownMap: 0 });
      }
      const view = slot === "main" ? "probe" : `probe ${slot}`;
      const kept = maps.probe(ref, call);
      if (kept) get().overtake(view);
      const reply =
        kept ??
        (await get().run(
          `Computing ${probeTitles[call.probe]}`,
          (options) => maps.askProbe(ref, call, options),
          view,
        ));
      if (!reply) return;
      keep(slot, { ref, call, ...reply });
      if (slot === "main") {
        set({ shownMap: Math.min(get().shownMap, reply.result.maps.length - 1) });
      }
    },
    dropAnswer(slot) {
      if (get().answers[slot]) keep(slot, undefined);
    },
    showMap(index) {
      set({ shownMap: index });
    },
    attempt: 0,
    again() {
      set({ attempt: get().attempt + 1 });
    },
  };
};
