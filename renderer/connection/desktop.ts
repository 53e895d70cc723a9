/** What the desktop window offers the page as `window.desktop`; in a browser there is none. */
import type { Desktop } from "../../electron/desktop.ts";

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
