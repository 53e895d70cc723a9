/** Models and photographs that were opened lately: their shape. */
import type { EngineState, RecentFile } from "../../electron/desktop.ts";

export interface RecentState {
  /** Newest first. */
  readonly recent: readonly RecentFile[];
  setRecent(recent: readonly RecentFile[]): void;
  /** A model was opened by this path. */
  rememberModel(path: string): void;
  /** A session was saved or opened at this path. */
  rememberSession(path: string): void;
  /** Open it; one that is gone stays in the list, marked, until it is removed. */
  openRecent(recent: RecentFile): Promise<void>;
  forgetRecent(path: string): void;
  /** How the engine's process is, where a desktop window says so. */
  readonly engineProcess: EngineState | undefined;
}
