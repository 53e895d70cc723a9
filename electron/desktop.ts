/**
 * What the window offers to its page as `window.desktop`; absent in a browser. Types alone, so that
 * the page can import them and nothing of Electron comes along.
 */

/** A file that was read for the page. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where it lies on this machine. */
  readonly path?: string;
}

/** What the person opened by way of the menu, the recent files, the program's icon or a command line. */
export type Opened =
  | { readonly kind: "images"; readonly files: readonly NamedBytes[] }
  /** Directory, file of weights or index file, for the engine's "model.open". */
  | { readonly kind: "model"; readonly path: string }
  /** A session's file, for the engine's "session.open". */
  | { readonly kind: "session"; readonly path: string }
  /** It could not be opened, or not all of it; one message for the person. */
  | { readonly kind: "problem"; readonly message: string; readonly hint: string };

export interface RecentFile {
  readonly path: string;
  readonly name: string;
  readonly kind: "image" | "model" | "session";
  /** False when nothing is there any more. */
  readonly exists: boolean;
}

/** How the engine's process is. The page's own connection says the same later and in fewer words. */
export type EngineState =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly url: string }
  /** It ended by itself and starts again, at the same address, after `inMs`. */
  | {
      readonly kind: "restarting";
      readonly reason: string;
      readonly hint: string;
      /** The last lines that it wrote, oldest first. */
      readonly lastWords: readonly string[];
      readonly inMs: number;
    }
  /** It does not start, or ends again and again: only a person can help. */
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly hint: string;
      readonly lastWords: readonly string[];
    }
  | { readonly kind: "stopped" };

export interface Desktop {
  /** Let the person choose photographs. Empty when they chose none. */
  openImages(): Promise<readonly NamedBytes[]>;
  /** Let the person choose a model directory. */
  openModelFolder(): Promise<string | undefined>;
  /** What is opened from outside the page from now on, and what was before. Returns the undo. */
  onOpen(listener: (opened: Opened) => void): () => void;
  recent(): Promise<readonly RecentFile[]>;
  /** Open one of `recent()`; it arrives at `onOpen`, or as a problem when it is gone. */
  openRecent(path: string): Promise<void>;
  /**
   * Where a dropped file or folder lies, "" for one that lies nowhere. A photograph or model that
   * was asked for this way joins the recent files.
   */
  pathOf(file: File): string;
  /** Let the person choose where to save. Returns the path, or undefined when they did not. */
  saveFile(name: string, bytes: Uint8Array): Promise<string | undefined>;
  /** Show a folder where the system shows files; nothing happens where there is none. */
  revealFolder(path: string): Promise<void>;
  /** The engine's state now, and each one after. Returns the undo. */
  onEngine(listener: (state: EngineState) => void): () => void;
  /**
   * Say which run goes, in words, and undefined when none does: closing the window then asks first.
   */
  tellRun(words: string | undefined): void;
  readonly versions: { readonly electron: string; readonly chrome: string; readonly node: string };
}

/** Channels between preload and main process. The preload may not load a second file, so it spells
 * them out itself; this type keeps it to these. */
export interface Channels {
  readonly invoke:
    | "open-images"
    | "open-model-folder"
    | "recent"
    | "open-recent"
    | "save-file"
    | "reveal-folder"
    | "engine-state";
  readonly send: "page-listens" | "was-dropped" | "run-goes";
  readonly receive: "opened" | "engine";
}
