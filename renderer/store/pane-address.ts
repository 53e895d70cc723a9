/** The written form of the panes beside the main one, in the page's address: one `pane` for each. */
import type { Look } from "./look.ts";
import { mostPanes, pairings, type OtherPane } from "./panes-state.ts";
import { complaint, readFields, writeFields } from "./view-address.ts";
import type { Pane } from "./view-state.ts";
import { formatZoom, parseZoom } from "./zoom.ts";

/** Each pane is a query of its own: what is absent follows the main pane. */
export function readPanes(given: URLSearchParams): {
  panes: OtherPane[];
  columns: number | undefined;
  ignored: string[];
} {
  const ignored: string[] = [];
  const texts = given.getAll("pane");
  if (texts.length >= mostPanes) ignored.push(`pane: expected at most ${mostPanes - 1} of them`);
  const panes = texts.slice(0, mostPanes - 1).map((text, index): OtherPane => {
    const parts = new URLSearchParams(text);
    const read = readFields(parts);
    ignored.push(...read.ignored.map((one) => `pane ${index + 2}, ${one}`));
    const zoom = parts.get("zoom");
    const against = readAgainst(parts.get("against"), texts.length);
    return {
      id: `pane${index + 1}`,
      photograph: parts.get("photograph") ?? undefined,
      model: parts.get("model") ?? undefined,
      view: read.view,
      zoom: zoom === null ? undefined : parseZoom(zoom),
      against,
    };
  });
  const columnsText = given.get("columns");
  const columns = /^[1-9]\d?$/.test(columnsText ?? "") ? Number(columnsText) : undefined;
  if (columnsText !== null && columns === undefined) {
    ignored.push(complaint("columns", "1 to 99", columnsText));
  }
  return { panes, columns, ignored };
}

/** Panes over photographs of the user's own are left out: no other page would know them. */
export function writePanes(
  query: URLSearchParams,
  { panes, columns }: Pick<Look, "panes" | "columns">,
): void {
  query.delete("pane");
  const written = panes.filter(({ photograph }) => !photograph?.startsWith("file "));
  for (const { photograph, model, view, zoom, against } of written) {
    const parts = new URLSearchParams();
    if (photograph !== undefined) parts.set("photograph", photograph);
    if (model !== undefined) parts.set("model", model);
    if (zoom) parts.set("zoom", formatZoom(zoom));
    writeFields(parts, view);
    const number = against && numberOf(against.pane, written);
    if (number !== undefined) parts.set("against", `${against!.how}.${number}`);
    query.append("pane", parts.toString());
  }
  if (columns === undefined) query.delete("columns");
  else query.set("columns", String(columns));
}

/** Panes are counted from 1, the main one. */
function numberOf(pane: Pane, panes: readonly OtherPane[]): number | undefined {
  if (pane === "main") return 1;
  const index = panes.findIndex(({ id }) => id === pane);
  return index < 0 ? undefined : index + 2;
}

function readAgainst(text: string | null, others: number): OtherPane["against"] {
  const [how, number] = (text ?? "").split(".");
  const pairing = pairings.find((one) => one === how);
  const at = /^[1-9]\d{0,2}$/.test(number ?? "") ? Number(number) : 0;
  if (!pairing || at < 1 || at > others + 1) return undefined;
  return { pane: at === 1 ? "main" : `pane${at - 1}`, how: pairing };
}
