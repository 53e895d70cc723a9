/** Sessions: a view saved with all it needs, and what is asked before one is opened. Their shape. */
import type { SessionFile } from "../../engine/protocol/session-file.ts";
import type { MovedItem, SessionItem } from "../../engine/protocol/sessions.ts";

/** Where a session comes from: a path on the engine's machine, or a text that the page was given. */
export type SessionSource =
  { readonly path: string } | { readonly text: string; readonly name: string };

/** A session that was read and is not applied yet. */
export interface OpeningSession {
  readonly source: SessionSource;
  readonly session: SessionFile;
  readonly items: readonly SessionItem[];
  /** Where a person said that things are. */
  readonly moved: readonly MovedItem[];
}

export interface SessionState {
  /** The dialog that saves and opens. */
  readonly isSessionOpen: boolean;
  openSessionDialog(isOpen: boolean): void;
  /** Where this view was saved or opened last. */
  readonly sessionPath: string | undefined;
  /** Waits for a person: something is missing or changed. */
  readonly openingSession: OpeningSession | undefined;
  /**
   * Save what is looked at. A sentence for each thing that will not come back becomes a notice.
   * @param path on the engine's machine; without one the text is returned
   * @returns undefined when it was not saved
   */
  saveSession(
    path?: string,
  ): Promise<{ readonly path?: string; readonly text?: string } | undefined>;
  /** Read a session; where all is there it is applied at once. @returns whether it could be read */
  openSession(source: SessionSource): Promise<boolean>;
  /** Look again, with more that a person said. */
  findMoved(moved: MovedItem): Promise<void>;
  /** Apply what waits, without what is missing. One step to undo. @returns whether it is applied */
  applySession(): Promise<boolean>;
  dropSession(): void;
}
