/** Checkpoints of the run on the timeline brought onto the page: opened, asked about, put on the stage. */
import type { CallOptions } from "../../engine/protocol/connection.ts";
import { EngineError, toWireError } from "../../engine/protocol/errors.ts";
import { CheckpointLoader } from "./checkpoint-loader.ts";
import type { Look, Parts } from "./look.ts";
import type { Problem, Timeline } from "./timeline-state.ts";
import { neighbours } from "./timeline-steps.ts";
import { otherShape, wishesFor } from "./timeline-view.ts";

/** @param direction 1 where somebody goes to later steps, else -1 */
export function makeLoader(
  set: (change: Partial<Look>) => void,
  get: () => Look,
  { engine, maps }: Pick<Parts, "engine" | "maps">,
  change: (edit: Partial<Timeline>) => void,
  direction: () => 1 | -1,
): {
  readonly loader: CheckpointLoader;
  isKept(step: number): boolean;
  ensureBasis(): Promise<void>;
} {
  const isKept = (step: number) => {
    const card = get().timeline?.cards.get(step);
    const wishes = card && wishesFor(get(), card);
    return wishes?.every((wish) => maps.has(wish)) === true;
  };

  /** @throws EngineError of the engine; "weights.shape" where it does not belong to the others */
  const open = async (step: number, options: CallOptions) => {
    const place = get().timeline?.checkpoints.find((one) => one.step === step);
    if (!place) throw new EngineError("run.missing", `There is no checkpoint of step ${step}`);
    const card = await engine.call("model.open", { path: place.path }, options);
    const { timeline } = get();
    if (!timeline) return card;
    const [first] = [...timeline.cards].filter(([other]) => other !== step);
    const difference = first && otherShape(card, first[1]);
    if (difference !== undefined) {
      throw new EngineError("weights.shape", `${place.path}: ${difference}`, {
        hint: "It is of another architecture. Open it as a model to look at it by itself.",
      });
    }
    change({ cards: new Map(timeline.cards).set(step, card) });
    return card;
  };

  const bring = async (step: number, options: CallOptions) => {
    const { view, timeline } = get();
    const hold = timeline?.hold;
    const needsBasis = view.probe === "pca" && view.basis === "run";
    if (needsBasis && hold !== undefined && !timeline!.cards.has(hold)) await open(hold, options);
    const card = await open(step, options);
    for (const wish of wishesFor(get(), card) ?? []) {
      if (!maps.has(wish)) await maps.ask(wish, options);
    }
  };

  let opening = false;
  /** Somebody chose a PCA: what fixes its basis is opened, and what waits for it goes on. */
  const ensureBasis = async () => {
    const { view, timeline, connection, model } = get();
    const hold = timeline?.hold;
    if (opening || hold === undefined || connection.kind !== "open") return;
    if (view.probe !== "pca" || view.basis !== "run" || timeline!.cards.has(hold)) return;
    // Before a checkpoint is on the stage, its own loading sees to it.
    if (![...timeline!.cards.values()].some(({ id }) => id === model?.id)) return;
    opening = true;
    const label = `Opening step ${hold.toLocaleString("en-US")}, which holds the basis`;
    const isOpen = await get().run(label, (options) => open(hold, options));
    opening = false;
    // Its own colours are better than none.
    if (!isOpen && get().connection.kind === "open") get().adjustView({ basis: "own" });
  };

  const breakOff = (step: number, problem: Problem) =>
    change({ broken: new Map(get().timeline?.broken).set(step, problem) });

  const loader = new CheckpointLoader({
    isKept,
    async load(step, signal, isWanted) {
      try {
        if (!isWanted) await bring(step, { signal });
        else {
          const outcome = await get().run(
            `Computing step ${step.toLocaleString("en-US")}`,
            async (options) => {
              const both = AbortSignal.any([signal, options.signal]);
              try {
                await bring(step, { ...options, signal: both });
                return { error: undefined };
              } catch (error) {
                // Said in place of the picture, not as a notice.
                return { error: error as Error };
              }
            },
            "timeline",
          );
          if (!outcome) throw new EngineError("cancelled", "The step was cancelled");
          if (outcome.error) throw outcome.error;
        }
        if (get().timeline?.broken.has(step)) {
          const broken = new Map(get().timeline?.broken);
          broken.delete(step);
          change({ broken });
        }
      } catch (error) {
        const { code, message, hint } = toWireError(error);
        const isOurs = get().connection.kind === "open" && !signal.aborted;
        if (isOurs && code !== "connection.lost") {
          const isCancelled = code === "cancelled";
          breakOff(step, {
            message: isCancelled ? "The step was cancelled." : message,
            hint: isCancelled ? "Go to another step and back to compute it." : hint,
          });
        }
        throw error;
      } finally {
        get().lookAround();
      }
    },
    show(step) {
      const { timeline, epoch } = get();
      const card = timeline?.cards.get(step);
      const place = timeline?.checkpoints.find((one) => one.step === step);
      if (!card || !place || timeline?.broken.has(step)) return;
      set({ model: card, modelPath: place.path, modelEpoch: epoch });
    },
    ahead: (step) => {
      const { timeline } = get();
      const found = timeline ? neighbours(timeline.checkpoints, step, direction()) : [];
      return found.filter((one) => !timeline!.broken.has(one));
    },
  });

  return { loader, isKept, ensureBasis };
}
