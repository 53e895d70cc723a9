/**
 * The page without a window: its store, its selectors and its figures, asked by the command line to
 * show a session. So what is drawn there is what the page would draw, by the same code.
 */
import { EngineError } from "../../engine/protocol/errors.ts";
import { figurePane, type FigurePane, type FigurePaneInput } from "../../engine/protocol/figure.ts";
import type {
  CallEngine,
  HeadlessPage,
  OpenHeadlessPage,
} from "../../engine/protocol/headless-page.ts";
import { SimilarityAnswers, type FromWorker } from "../compute/similarity-answers.ts";
import { umapLayout } from "../compute/umap.ts";
import { SimilarityClient, type WorkerPort } from "../compute/similarity-client.ts";
import { clipFrames } from "../panels/figure/clip-frames.ts";
import { finishedPanes, takenPanes } from "../panels/figure/taken-panes.ts";
import { isStageComplete } from "../panels/figure/stage-complete.ts";
import { follow } from "../store/follow.ts";
import type { Look, LookStore } from "../store/look.ts";
import { createLookStore } from "../store/store.ts";

export const openHeadlessPage: OpenHeadlessPage = (call): HeadlessPage => ({
  panes: (file, look, signal) =>
    withSession(call, file, signal, async (store) => {
      const panes = await finishedPanes(store, takenPanes(store), look, signal);
      return { panes: panes.map(whole), notes: notesIn(store) };
    }),
  frames: (file, steps, look, signal) =>
    withSession(call, file, signal, async (store) => {
      const wanted = stepsOf(store.getState(), steps);
      const chosen = { look, isWanted: () => true };
      const frames = await clipFrames(store, wanted, chosen, signal, () => {});
      return {
        notes: notesIn(store),
        frames: frames.map(({ title, panes }) => ({ title, panes: panes.map(whole) })),
      };
    }),
});

/** With everything that may be left unsaid. */
const whole = (pane: FigurePaneInput): FigurePane => figurePane.parse(pane);

async function withSession<T>(
  call: CallEngine,
  file: string,
  signal: AbortSignal,
  work: (store: LookStore) => Promise<T>,
): Promise<T> {
  const store = createLookStore({
    engine: { call },
    similarity: new SimilarityClient(inPlace()),
    layOut: (input) => Promise.resolve(umapLayout(input, () => {})),
  });
  const stopFollowing = follow(store);
  try {
    const info = await call("engine.info", {}, { signal });
    store.setState({ connection: { kind: "open" }, epoch: 1, info });
    store.getState().addSamples(info.samples);
    const isApplied = await store.getState().openSession({ path: file });
    const trouble = troubleIn(store.getState());
    if (trouble) throw trouble;
    if (!isApplied) {
      throw new EngineError("path.missing", `${file}: something that the session needs is missing`);
    }
    await complete(store, signal);
    return await work(store);
  } finally {
    stopFollowing();
    store.getState().closeTimeline();
  }
}

/** Until every pane shows what it is to show. */
function complete(store: LookStore, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      stop();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = () =>
      end(() => reject(new EngineError("cancelled", "The figure was cancelled")));
    const look = () => {
      const trouble = troubleIn(store.getState());
      if (trouble) {
        end(() => reject(trouble));
        return;
      }
      if (isStageComplete(store.getState())) end(resolve);
    };
    const stop = store.subscribe(look);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else look();
  });
}

/** What a page would put into a notice ends a command. */
function troubleIn({ notices }: Look): EngineError | undefined {
  const trouble = notices.find(({ tone }) => tone === "error");
  if (!trouble) return undefined;
  const { message, hint } = trouble;
  return new EngineError("option.invalid", message, hint === undefined ? {} : { hint });
}

function notesIn(store: LookStore): string[] {
  const { notices, view } = store.getState();
  const told = notices.flatMap(({ tone, message }) => (tone === "note" ? [message] : []));
  return view.space === "umap" ? [...told, otherLayout] : told;
}

/** Math.pow is not the same to the last bit everywhere, and a layout goes on from every bit. */
const otherLayout =
  "Points by UMAP are laid out anew here, and may lie elsewhere than in the page; neighbours stay neighbours.";

/** @throws EngineError "option.invalid" */
function stepsOf({ timeline }: Look, wanted: readonly number[] | "all"): number[] {
  if (!timeline) {
    throw new EngineError(
      "option.invalid",
      "--steps: expected a session with a run on its timeline",
    );
  }
  const known = timeline.checkpoints.map(({ step }) => step);
  if (wanted === "all") return known;
  const lost = wanted.filter((step) => !known.includes(step));
  if (lost.length === 0) return [...wanted];
  throw new EngineError(
    "option.invalid",
    `--steps: the session's run has no checkpoint of step ${lost.join(", ")}`,
    { hint: `It has ${known.join(", ")}.` },
  );
}

/** The similarity worker's work, done between two turns of this thread. */
function inPlace(): WorkerPort {
  const answers = new SimilarityAnswers();
  const listeners: ((event: { data: FromWorker }) => void)[] = [];
  return {
    postMessage: (message) => {
      const answer = answers.receive(message);
      if (!answer) return;
      queueMicrotask(() => {
        for (const listener of listeners) listener({ data: answer });
      });
    },
    addEventListener: (_, listener) => void listeners.push(listener),
  };
}
