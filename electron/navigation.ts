/** Which addresses the window may show, and what becomes of the others. */

/**
 * - `stay`: an address of the engine's page, or of the window's own message; load it here
 * - `outside`: a web page; it opens in the person's browser
 * - `restart`: the button of the message that the engine does not run
 * - `deny`: everything else: files, other programs' schemes, other servers
 */
export type Verdict = "stay" | "outside" | "restart" | "deny";

/** Where the button of the failure page leads. No browser has this scheme. */
export const restartAddress = "gramscope:restart-engine";

/** Schemes that may leave the window. Any other would start a program of the page's choice. */
const outsideSchemes = ["https:", "mailto:"];

/**
 * @param engineUrl the running engine's address, if one runs
 * @param isFailurePage whether the window shows its own message, the only page with that button
 */
export function judgeNavigation(
  address: string,
  engineUrl: string | undefined,
  isFailurePage: boolean,
): Verdict {
  if (address === restartAddress) return isFailurePage ? "restart" : "deny";
  if (hasSameOrigin(address, engineUrl)) return "stay";
  return judgeOutside(address);
}

/** For `window.open` and links with a target: there is one window, so nothing stays. */
export function judgeOutside(address: string): "outside" | "deny" {
  const url = parse(address);
  // A name and a password in an address serve to make it look like another.
  const isHonest = url?.username === "" && url.password === "";
  return url && isHonest && outsideSchemes.includes(url.protocol) ? "outside" : "deny";
}

/** False for anything that is no http address: `data:` and `file:` have no origin to compare. */
export function hasSameOrigin(address: string, engineUrl: string | undefined): boolean {
  const [url, own] = [parse(address), parse(engineUrl ?? "")];
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  return isWeb && url.origin === own?.origin;
}

/**
 * Where the engine is now, with the view that the page keeps in its address. The token is the
 * engine's: it may stand in the query or in the fragment, and the old one goes from both.
 */
export function movedAddress(shown: string, engineUrl: string): string {
  const [from, to] = [parse(shown), new URL(engineUrl)];
  if (from?.protocol !== to.protocol) return engineUrl;
  const view = new URLSearchParams(from.search);
  view.delete("token");
  for (const [name, value] of view) to.searchParams.append(name, value);
  const fragment = new URLSearchParams(from.hash.replace(/^#/, ""));
  if (!fragment.has("token")) to.hash = from.hash;
  return to.href;
}

function parse(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}
