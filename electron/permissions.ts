/** What the page may use of the browser it runs in: the clipboard, and nothing else. */
import { hasSameOrigin } from "./navigation.ts";

/** Names are Electron's. Paste reads photographs; copy writes pictures and numbers. */
const granted = ["clipboard-read", "clipboard-sanitized-write"];

/**
 * Camera, microphone, location, notifications, devices, screen capture: the page needs none.
 *
 * @param asking origin or address of who asks
 * @param isMainFrame a frame inside the page gets nothing
 */
export function mayUse(
  permission: string,
  asking: string,
  isMainFrame: boolean,
  engineUrl: string | undefined,
): boolean {
  return granted.includes(permission) && isMainFrame && hasSameOrigin(asking, engineUrl);
}
