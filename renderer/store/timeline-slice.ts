/** The run on the timeline: follows its folder, moves along it, plays it, and holds the PCA's basis. */
import { toWireError } from "../../engine/protocol/errors.ts";
import { curvesOf, noCurves } from "../../engine/protocol/run-curves.ts";
import { runMarks } from "../../engine/protocol/run-marks.ts";
import type { TimelineEvent } from "../../engine/protocol/timeline.ts";
import type { Slice } from "./look.ts";
import { makeLoader } from "./timeline-checkpoints.ts";
import type { Timeline, TimelineState } from "./timeline-state.ts";
import { movedBy, nearestAt } from "./timeline-steps.ts";
import { isArrived } from "./timeline-view.ts";

/** A log that grows is read again after so long at the earliest, in milliseconds. */
const logMs = 10_000;

/** Before anything is known of it. */
export const blankTimeline = (folder: string): Timeline => ({
  folder,
  made: "gramscope",
  checkpoints: [],
  isGrowing: false,
  problem: undefined,
  at: undefined,
  hold: undefined,
  cards: new Map(),
  broken: new Map(),
  kept: new Set(),
  isPlaying: false,
  pace: 5,
  asked: undefined,
  curves: noCurves(),
  marks: [],
  scores: undefined,
});

export const timelineSlice: Slice<TimelineState> = (set, get, { engine, maps }) => {
  let following: AbortController | undefined;
  let playing: ReturnType<typeof setTimeout> | undefined;
  let logTimer: ReturnType<typeof setTimeout> | undefined;
  let log = { bytes: 0, readAt: -Infinity };
  let direction: 1 | -1 = 1;
  // What the configuration plans, and what the log says: each is told anew by itself.
  let planned: Timeline["marks"] = [];
  let logged: Timeline["marks"] = [];

  const change = (edit: Partial<Timeline>) => {
    const { timeline } = get();
    if (timeline) set({ timeline: { ...timeline, ...edit } });
  };

  const { loader, isKept, ensureBasis } = makeLoader(
    set,
    get,
    { engine, maps },
    change,
    () => direction,
  );

  const readLog = async () => {
    const { timeline } = get();
    if (!timeline) return;
    log = { ...log, readAt: Date.now() };
    const reply = await engine
      .call("timeline.metrics", { folder: timeline.folder })
      .catch(() => {});
    if (!reply || get().timeline?.folder !== timeline.folder) return;
    const curves = curvesOf(reply.steps, reply.columns);
    logged = runMarks(curves);
    change({ curves, marks: [...planned, ...logged] });
  };

  const readLogSoon = (bytes: number) => {
    if (bytes === log.bytes) return;
    log = { ...log, bytes };
    clearTimeout(logTimer);
    logTimer = setTimeout(() => void readLog(), Math.max(0, log.readAt + logMs - Date.now()));
  };

  const hear = (event: TimelineEvent, place: { at?: number | undefined }) => {
    const before = get().timeline;
    if (!before) return;
    if (event.kind === "refused") {
      get().pause();
      const { message, hint } = event.error;
      change({ problem: { message, hint }, isGrowing: false });
      return;
    }
    const { checkpoints, made, isGrowing, marks, logBytes } = event;
    planned = marks;
    const last = checkpoints.at(-1)?.step;
    const wished = before.at ?? place.at ?? last;
    const near = wished === undefined ? undefined : checkpoints[nearestAt(checkpoints, wished)];
    // A checkpoint that the run has thrown away stays on the stage; a first one goes there.
    const at = before.cards.size > 0 ? before.at : near?.step;
    change({
      checkpoints,
      made,
      isGrowing,
      problem: undefined,
      at,
      hold: isThere(checkpoints, before.hold) ? before.hold : last,
      marks: [...planned, ...logged],
    });
    readLogSoon(logBytes);
    if (before.checkpoints.length === 0) void get().readScores();
    if (at !== undefined && !isArrived(get())) loader.want(at);
    else get().lookAround();
  };

  const tick = () => {
    const { timeline } = get();
    if (!timeline?.isPlaying || timeline.at === undefined) return;
    // The next one waits until this one is there: nothing is passed over.
    if (isArrived(get()) || timeline.broken.has(timeline.at)) {
      if (timeline.at === timeline.checkpoints.at(-1)?.step) {
        get().pause();
        return;
      }
      const { asked } = timeline;
      get().quietly(() => get().goBy(1));
      // How long a person waits is measured by what a person asked.
      change({ asked });
    }
    playing = setTimeout(tick, 1000 / timeline.pace);
  };

  return {
    timeline: undefined,
    async openTimeline(folder, place = {}) {
      get().record(`open ${folder}`);
      get().quietly(() => get().closeTimeline());
      set({ timeline: { ...blankTimeline(folder), at: place.at, hold: place.hold } });
      if (get().view.basis === "own") get().adjustView({ basis: "run" });
      if (get().connection.kind === "open") await get().followTimeline();
    },
    closeTimeline() {
      if (get().timeline) get().record("close the run");
      following?.abort();
      clearTimeout(playing);
      clearTimeout(logTimer);
      loader.stop();
      log = { bytes: 0, readAt: -Infinity };
      [planned, logged] = [[], []];
      if (!get().timeline) return;
      if (get().view.basis === "run") get().adjustView({ basis: "own" });
      set({ timeline: undefined });
    },
    async followTimeline() {
      const { timeline } = get();
      if (!timeline) return;
      following?.abort();
      const abort = new AbortController();
      following = abort;
      loader.stop();
      log = { bytes: 0, readAt: -Infinity };
      // What the last connection handed out means nothing to this one.
      change({ cards: new Map(), broken: new Map(), kept: new Set() });
      const { folder, at } = timeline;
      await new Promise<void>((resolve) => {
        const onEvent = (event: TimelineEvent) => {
          if (abort.signal.aborted) return;
          hear(event, { at });
          if (event.kind === "run") get().rememberPath("run", folder);
          resolve();
        };
        engine
          .call("timeline.follow", { folder }, { signal: abort.signal, onEvent })
          .catch((error: unknown) => {
            const { code, message, hint } = toWireError(error);
            if (abort.signal.aborted || code === "connection.lost" || code === "cancelled") return;
            change({ problem: { message, hint } });
          })
          .finally(resolve);
      });
    },
    goTo(step, startedAt = performance.now()) {
      const { timeline } = get();
      if (!timeline || (timeline.at === step && !timeline.broken.has(step))) return;
      if (timeline.at !== step) get().record("checkpoint");
      if (timeline.at !== undefined && timeline.at !== step)
        direction = step > timeline.at ? 1 : -1;
      const broken = new Map(timeline.broken);
      broken.delete(step); // It may be whole by now.
      change({ at: step, broken, asked: { startedAt, wasKept: isKept(step) } });
      loader.want(step);
    },
    goBy(count, startedAt) {
      const { timeline } = get();
      if (timeline?.at === undefined) return;
      const step = movedBy(timeline.checkpoints, timeline.at, count);
      if (step !== undefined) get().goTo(step, startedAt);
    },
    goToEnd(end, startedAt) {
      const { checkpoints } = get().timeline ?? { checkpoints: [] };
      const step = checkpoints.at(end === "first" ? 0 : -1)?.step;
      if (step !== undefined) get().goTo(step, startedAt);
    },
    play() {
      const { timeline } = get();
      if (!timeline || timeline.checkpoints.length < 2) return;
      get().record("play");
      if (timeline.at === timeline.checkpoints.at(-1)!.step) {
        get().quietly(() => get().goToEnd("first"));
      }
      change({ isPlaying: true });
      clearTimeout(playing);
      playing = setTimeout(tick, 1000 / timeline.pace);
    },
    pause() {
      clearTimeout(playing);
      if (get().timeline?.isPlaying) change({ isPlaying: false });
    },
    setPace(pace) {
      change({ pace });
    },
    holdHere() {
      const { timeline } = get();
      if (timeline?.at === undefined) return;
      get().record("hold");
      get().holdBasis(timeline.at);
      get().adjustView({ basis: "run" });
    },
    holdBasis(hold) {
      if (get().timeline?.hold === hold) return;
      change({ hold });
      get().lookAround();
    },
    lookAround() {
      const { timeline } = get();
      if (!timeline) return;
      const kept = [...timeline.cards.keys()].filter(isKept);
      const isSame = kept.length === timeline.kept.size && kept.every((s) => timeline.kept.has(s));
      if (!isSame) change({ kept: new Set(kept) });
      void ensureBasis();
      loader.aheadSoon();
    },
    async readScores() {
      const { timeline } = get();
      if (!timeline) return;
      const { folder } = timeline;
      const reply = await engine.call("timeline.scores", { folder }).catch(() => undefined);
      if (get().timeline?.folder === folder) change({ scores: reply?.found });
    },
  };
};

const isThere = (checkpoints: readonly { step: number }[], step: number | undefined) =>
  step !== undefined && checkpoints.some((one) => one.step === step);
