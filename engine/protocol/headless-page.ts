/** What the page without a window offers to the command line; built beside the engine, loaded when it is needed. */
import type { FigureLookInput, FigurePane } from "./figure.ts";
import type { CallOptions } from "./connection.ts";
import type { EventOf, PayloadInput, Reply, RequestKind } from "./messages.ts";

/** The engine as it is asked. */
export type CallEngine = <K extends RequestKind>(
  kind: K,
  payload: PayloadInput<K>,
  options?: CallOptions<EventOf<K>>,
) => Promise<Reply<K>>;

export interface SessionPanes {
  /** What the stage shows, in the order in which it lies there. */
  readonly panes: readonly FigurePane[];
  /** What a page would say of the session beside it, one sentence each: parts that could not be read. */
  readonly notes: readonly string[];
}

export interface SessionFrames extends Pick<SessionPanes, "notes"> {
  readonly frames: readonly { readonly title: string; readonly panes: readonly FigurePane[] }[];
}

/** A session as a page would show it. Everything that it needs is there. */
export interface HeadlessPage {
  /** @throws EngineError why something cannot be shown */
  panes(file: string, look: FigureLookInput, signal: AbortSignal): Promise<SessionPanes>;
  /**
   * @param steps of the session's run, or all of them
   * @throws EngineError "option.invalid" for a session without a run, or steps that it does not have
   */
  frames(
    file: string,
    steps: readonly number[] | "all",
    look: FigureLookInput,
    signal: AbortSignal,
  ): Promise<SessionFrames>;
}

export type OpenHeadlessPage = (call: CallEngine) => HeadlessPage;
