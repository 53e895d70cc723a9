/** Where the engine that served this page listens, read from the page's own address. */

/**
 * The token stands in the query or in the fragment; the fragment is never sent to a server, so it
 * wins where both are there.
 *
 * @returns `ws(s)://host/socket?token=...`
 */
export function socketAddress(location: Pick<Location, "protocol" | "host" | "search" | "hash">) {
  const fragment = new URLSearchParams(location.hash.replace(/^#/, ""));
  const query = new URLSearchParams(location.search);
  const token = fragment.get("token") ?? query.get("token") ?? "";
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/socket?token=${encodeURIComponent(token)}`;
}
