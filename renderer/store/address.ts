/** Keeps what is looked at and the page's address the same, so that a picture can be sent as a link. */
import { pages } from "./layout-state.ts";
import { lessonNames } from "./learn-state.ts";
import { readMeasured, writeMeasured } from "./measure-address.ts";
import { readPanes, writePanes } from "./pane-address.ts";
import { photographOf } from "./selectors.ts";
import type { Look, LookStore } from "./look.ts";
import { formatSight, parseSight, sightExpected } from "./space-sight.ts";
import { complaint, readable, readView, writeView } from "./view-address.ts";
import { blankTimeline } from "./timeline-slice.ts";
import { fitted, formatZoom, maxScale, parseZoom } from "./zoom.ts";

/** The members of Window that are used. */
export interface AddressBar {
  readonly location: { readonly search: string; readonly hash: string; readonly pathname: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
}

/** Browsers refuse more than a hundred changes of address in half a minute. */
const quietMs = 400;

/** A server refuses a request whose head is longer than 16 kB, and the address is part of it. */
const longestAddress = 8000;

/** Read the state from the address, then write every change back. @returns stops writing */
export function followAddress(store: LookStore, bar: AddressBar): () => void {
  const { view, ignored } = readView(bar.location.search);
  const given = new URLSearchParams(bar.location.search);
  const zoomText = given.get("zoom") ?? "fit";
  const zoom = parseZoom(zoomText);
  if (!zoom) ignored.push(complaint("zoom", `fit or scale,x,y with 1 to ${maxScale}`, zoomText));
  const sightText = given.get("sight");
  const sight = sightText === null ? undefined : parseSight(sightText);
  if (sightText !== null && !sight) ignored.push(complaint("sight", sightExpected, sightText));
  const measured = readMeasured(bar.location.search, store.getState());
  for (const { name, expected, text } of measured.ignored) {
    ignored.push(complaint(name, expected, text));
  }
  const panes = readPanes(given);
  ignored.push(...panes.ignored);
  const name = (key: string) => given.get(key) ?? undefined;
  const run = name("run");
  const place = { at: stepIn(given.get("step")), hold: stepIn(given.get("hold")) };
  const { measureTab, probeForm, scenes } = measured.state;
  // A link shows what its writer saw; a plain start is as this person likes it.
  const isPlain = [...given.keys()].every((key) => key === "token");
  const { colormap } = store.getState().settings;
  if (!isPlain) store.getState().showWelcome(false);
  store.setState({
    view: isPlain ? { ...view, colormap } : view,
    zoom: zoom ?? fitted,
    sight,
    timeline: run === undefined ? undefined : { ...blankTimeline(run), ...place },
    active: name("photograph"),
    panes: panes.panes,
    columns: panes.columns,
    page: pages.find((page) => page === given.get("page")) ?? "look",
    lesson: lessonNames.find((lesson) => lesson === given.get("lesson")),
    measureTab,
    probeForm,
    scenes,
  });
  if (ignored.length > 0) {
    store.getState().notify("note", `Part of the address was ignored. ${ignored.join("; ")}`);
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = store.subscribe((state, before) => {
    if (
      state.view === before.view &&
      state.zoom === before.zoom &&
      state.sight === before.sight &&
      state.active === before.active &&
      state.panes === before.panes &&
      state.columns === before.columns &&
      state.timeline?.folder === before.timeline?.folder &&
      state.timeline?.at === before.timeline?.at &&
      state.timeline?.hold === before.timeline?.hold &&
      state.page === before.page &&
      state.lesson === before.lesson &&
      state.measureTab === before.measureTab &&
      state.probeForm.probe === before.probeForm.probe &&
      state.scenes === before.scenes
    ) {
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { pathname, hash, search } = bar.location;
      const query = writeState(search, store.getState());
      bar.history.replaceState(null, "", `${pathname}${query === "" ? "" : `?${query}`}${hash}`);
    }, quietMs);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

const stepIn = (text: string | null) =>
  text !== null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;

function writeState(search: string, state: Look): string {
  const query = new URLSearchParams(writeView(search, state.view));
  const put = (name: string, text: string | undefined) => {
    if (text === undefined) query.delete(name);
    else query.set(name, text);
  };
  put("photograph", nameOf(state));
  writePanes(query, state);
  put("page", state.page === "look" ? undefined : state.page);
  put("lesson", state.lesson);
  const { timeline } = state;
  const step = (at: number | undefined) => (at === undefined ? undefined : String(at));
  put("run", timeline?.folder);
  put("step", step(timeline?.at));
  put("hold", state.view.basis === "run" ? step(timeline?.hold) : undefined);
  writeMeasured(query, state);
  const zoom = formatZoom(state.zoom);
  put("zoom", zoom === "fit" ? undefined : zoom);
  put("sight", state.sight && formatSight(state.sight));
  const address = readable(query);
  if (address.length <= longestAddress) return address;
  // Thousands of scattered patches are no matter for an address; all else still is.
  query.delete("patch");
  return readable(query);
}

/** A sample's name; photographs of the user's are on no other machine, and the first is the default. */
function nameOf(state: Look): string | undefined {
  const photograph = photographOf(state, "main");
  if (!photograph || photograph.file) return undefined;
  const isDefault = photograph.key === state.info?.samples[0]?.name;
  return isDefault ? undefined : photograph.key;
}
