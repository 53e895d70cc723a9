/**
 * A measurement hook: how long each hover took, from the pointer event to the drawn map.
 *
 * `window.gramscopeTimings` is an array of the last 512 of {@link HoverTiming}, oldest first. With
 * `?measure` in the page's address each drawing is waited for, so that the time includes the
 * graphics processor's; without it the time ends where the draw call returns.
 */
import { createStore } from "zustand/vanilla";
import type { PaintPath } from "./painter.ts";

export interface HoverTiming {
  /** Timestamp of the pointer event, on the clock of performance.now(). */
  readonly startedAt: number;
  readonly paintedAt: number;
  /** Of the main pane. */
  readonly patches: number;
  /** Maps that were drawn. */
  readonly panes: number;
  readonly path: PaintPath;
}

/** One step along a timeline, from the key or the pointer to the drawn map. */
export interface ScrubTiming {
  readonly startedAt: number;
  readonly paintedAt: number;
  /** It was on the page when it was asked for. */
  readonly wasKept: boolean;
}

/** One drawing of the points in space, or of the surface; only told with `?measure`. */
export interface FrameTiming {
  readonly ms: number;
  /** 0 for the surface. */
  readonly points: number;
}

declare global {
  interface Window {
    gramscopeTimings?: HoverTiming[];
    /** The last 512, oldest first. */
    gramscopeScrubs?: ScrubTiming[];
    /** The last 512, oldest first. */
    gramscopeFrames?: FrameTiming[];
  }
}

const kept = 512;

export const isMeasuring = (search: string): boolean => new URLSearchParams(search).has("measure");

/** For the status bar: the last hover's milliseconds, and how pictures are drawn. */
export const paintReport = createStore<{
  mapMs: number | undefined;
  path: PaintPath;
  /** Why it is not the fast path. */
  why: string | undefined;
}>()(() => ({ mapMs: undefined, path: "webgl", why: undefined }));

let reporting: ReturnType<typeof setTimeout> | undefined;

export function recordScrub(timing: ScrubTiming): void {
  const timings = (window.gramscopeScrubs ??= []);
  timings.push(timing);
  if (timings.length > kept) timings.shift();
}

export function recordFrame(timing: FrameTiming): void {
  const timings = (window.gramscopeFrames ??= []);
  timings.push(timing);
  if (timings.length > kept) timings.shift();
}

export function recordHover(timing: HoverTiming): void {
  // The status bar can wait: to paint its text for each hover would slow the hovers it reports.
  reporting ??= setTimeout(() => {
    reporting = undefined;
    const last = window.gramscopeTimings?.at(-1);
    if (last) paintReport.setState({ mapMs: last.paintedAt - last.startedAt });
  }, 160);
  const timings = (window.gramscopeTimings ??= []);
  timings.push(timing);
  if (timings.length > kept) timings.shift();
}
