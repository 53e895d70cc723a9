/** What the desktop window offers the page as `window.desktop`; in a browser there is none. */

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where it lies on this machine; absent in older windows. */
  readonly path?: string;
}

export type Opened =
  | { readonly kind: "images"; readonly files: readonly NamedBytes[] }
  | { readonly kind: "model"; readonly path: string }
  | { readonly kind: "session"; readonly path: string }
  | { readonly kind: "problem"; readonly message: string; readonly hint: string };

export interface RecentFile {
  readonly path: string;
  readonly name: string;
  readonly kind: "image" | "model" | "session";
  /** False when nothing is there any more. */
  readonly exists: boolean;
}

export type EngineProcess =
  | { readonly kind: "starting" | "running" | "stopped" }
  | {
      readonly kind: "restarting" | "failed";
      readonly reason: string;
      readonly hint: string;
      /** What the engine wrote last, oldest first. */
      readonly lastWords: readonly string[];
    };

/** The members that the page uses; the window may offer more. */
export interface Desktop {
  openImages(): Promise<readonly NamedBytes[]>;
  openModelFolder(): Promise<string | undefined>;
  onOpen(listener: (opened: Opened) => void): () => void;
  recent(): Promise<readonly RecentFile[]>;
  openRecent(path: string): Promise<void>;
  /** Where a dropped file or folder lies, "" for one that lies nowhere. */
  pathOf(file: File): string;
  /** @returns where it was saved, undefined when the person chose not to */
  saveFile(name: string, bytes: Uint8Array): Promise<string | undefined>;
  /** Show a folder of this machine where the system shows files. Absent in older windows. */
  readonly revealFolder?: (path: string) => Promise<void>;
  onEngine(listener: (state: EngineProcess) => void): () => void;
  /** Say which run goes, undefined for none: closing the window then asks first. */
  tellRun(words: string | undefined): void;
}

declare global {
  interface Window {
    readonly desktop?: Desktop;
  }
}

export const desktop = (): Desktop | undefined =>
  typeof window === "undefined" ? undefined : window.desktop;

/** Through the window's own dialog, or as a browser's download. */
export async function saveFile(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const window = desktop();
  if (window) {
    await window.saveFile(name, bytes);
    return;
  }
  const address = URL.createObjectURL(new Blob([bytes]));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
