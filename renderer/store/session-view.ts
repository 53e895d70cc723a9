/** The view of a session: what is looked at in its written form, photographs and models by the session's ids. */
import type { SessionDraft, SessionFile } from "../../engine/protocol/session-file.ts";
import type { Look } from "./look.ts";
import { readPanes, writePanes } from "./pane-address.ts";
import type { OtherPane } from "./panes-state.ts";
import {
  formatSight,
  formatSpaceSize,
  parseSight,
  parseSpaceSize,
  sightExpected,
  spaceSizeExpected,
  type SpaceSight,
  type SpaceSize,
} from "./space-sight.ts";
import { complaint, readable, readFields, writeFields } from "./view-address.ts";
import { defaultView, type Basis, type View } from "./view-state.ts";
import { fitted, formatZoom, parseZoom, type Zoom } from "./zoom.ts";

/** Of a session's lists, by id: what the page calls a photograph or a model. */
export type Names = ReadonlyMap<string, string>;

/** What of the state a session brings, without the files. */
export interface SessionView {
  readonly view: View;
  readonly zoom: Zoom;
  readonly sight: SpaceSight | undefined;
  /** So that a figure without a window shows as much of space as the window did. */
  readonly spaceSize: SpaceSize | undefined;
  readonly panes: readonly OtherPane[];
  readonly columns: number | undefined;
  /** Key of a photograph. */
  readonly active: string | undefined;
  /** Path of the main pane's model; undefined where a run's checkpoint is shown, or it is missing. */
  readonly model: string | undefined;
  /** Steps of the run, where there is one. */
  readonly step: number | undefined;
  readonly hold: number | undefined;
}

const basisOf = (basis: Basis | undefined, name: (key: string) => string | undefined) => {
  if (!basis?.startsWith("of ")) return basis;
  const key = name(basis.slice(3));
  return key === undefined ? ("own" as const) : (`of ${key}` as const);
};

/** A pane's or the main view with its photograph renamed; one that is unknown is its own basis. */
function renamed<V extends Partial<View>>(view: V, name: (key: string) => string | undefined): V {
  const basis = basisOf(view.basis, name);
  return basis === undefined ? view : { ...view, basis };
}

/**
 * What is looked at, and which photographs, pictures of labels and models it needs. All photographs of
 * the user's own count, and all that were given labels.
 */
export function draftOf(state: Look): SessionDraft {
  const { panes, columns, active, timeline, modelPath, model, layout } = state;
  const bases = [state.view, ...panes.map(({ view }) => view)].flatMap(({ basis }) =>
    basis?.startsWith("of ") ? [basis.slice(3)] : [],
  );
  const keys = new Set([active, ...panes.map(({ photograph }) => photograph), ...bases]);
  const used = state.photographs.filter(
    ({ key, file, labels }) => file !== undefined || labels?.file !== undefined || keys.has(key),
  );
  const photographIds = new Map(used.map(({ key }, index) => [key, `p${index + 1}`]));
  // Of a run the timeline says which checkpoint is meant.
  const main = timeline ? undefined : modelPath;
  const paths = new Set(
    [main, ...panes.map((pane) => pane.model)].filter((path) => path !== undefined),
  );
  const modelIds = new Map([...paths].map((path, index) => [path, `m${index + 1}`]));

  const query = new URLSearchParams();
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined) query.set(name, value);
  };
  const photographId = (key: string) => photographIds.get(key);
  writeFields(query, renamed(state.view, photographId));
  put("zoom", formatZoom(state.zoom));
  put("sight", state.sight && formatSight(state.sight));
  put("spaceSize", state.spaceSize && formatSpaceSize(state.spaceSize));
  put("photograph", photographIds.get(active ?? ""));
  put("model", modelIds.get(main ?? ""));
  put("step", timeline?.at?.toString());
  put("hold", timeline?.hold?.toString());
  writePanes(query, {
    columns,
    panes: panes.map((pane) => ({
      ...pane,
      photograph: photographIds.get(pane.photograph ?? ""),
      model: modelIds.get(pane.model ?? ""),
      view: renamed(pane.view, photographId),
    })),
  });
  const checkpoint = timeline?.checkpoints.find(({ step }) => step === timeline.at)?.path;
  const { direction, isSwapped, left, right, gram } = layout;
  return {
    view: readable(query),
    layout: { direction, isSwapped, left, right, gram },
    photographs: used.map(({ key, name, file, path, info }) => {
      const id = photographIds.get(key)!;
      return file
        ? { id, kind: "own", name, image: info?.id ?? "", ...(path === undefined ? {} : { path }) }
        : { id, kind: "sample", name: key };
    }),
    labels: used.flatMap(({ key, labels }, index) => {
      if (!labels?.file) return [];
      const { name, path, bytes } = labels.file;
      const own = { id: `l${index + 1}`, of: photographIds.get(key)!, name, bytes };
      const classes = labels.names && { classes: [...labels.names] };
      return [{ ...own, ...(path !== undefined && { path }), ...classes }];
    }),
    models: [...modelIds].map(([path, id]) => ({
      id,
      path,
      name: (path === main ? model?.name : state.cards.get(path)?.name) ?? path,
    })),
    ...(timeline
      ? { run: { path: timeline.folder, ...(checkpoint === undefined ? {} : { checkpoint }) } }
      : {}),
  };
}

/**
 * @param photographs keys of the page, by the session's ids; a pane over one that is missing goes
 * @param models      paths, by the session's ids; a pane whose model is missing goes
 * @returns what to show, and a sentence for each value that could not be read
 */
export function viewOf(
  { view: text }: Pick<SessionFile, "view">,
  photographs: Names,
  models: Names,
): SessionView & { readonly ignored: readonly string[] } {
  const given = new URLSearchParams(text);
  const fields = readFields(given);
  const read = readPanes(given);
  const ignored = [...fields.ignored, ...read.ignored];
  const told = <T>(name: string, parse: (text: string) => T | undefined, expected: string) => {
    const written = given.get(name);
    const value = written === null ? undefined : parse(written);
    if (written !== null && value === undefined) ignored.push(complaint(name, expected, written));
    return value;
  };
  const step = (name: string) => {
    const written = given.get(name);
    return written !== null && /^\d{1,12}$/.test(written) ? Number(written) : undefined;
  };
  const keyOf = (id: string) => photographs.get(id);
  const isHere = ({ photograph, model }: OtherPane) =>
    (photograph === undefined || photographs.has(photograph)) &&
    (model === undefined || models.has(model));
  const kept = read.panes.filter(isHere);
  const ids = new Set<string>(["main", ...kept.map(({ id }) => id)]);
  return {
    view: renamed({ ...defaultView, ...fields.view }, keyOf),
    zoom: told("zoom", parseZoom, "fit or scale,x,y") ?? fitted,
    sight: told("sight", parseSight, sightExpected),
    spaceSize: told("spaceSize", parseSpaceSize, spaceSizeExpected),
    panes: kept.map((pane) => ({
      ...pane,
      photograph: pane.photograph === undefined ? undefined : photographs.get(pane.photograph),
      model: pane.model === undefined ? undefined : models.get(pane.model),
      view: renamed(pane.view, keyOf),
      against: pane.against && ids.has(pane.against.pane) ? pane.against : undefined,
    })),
    columns: read.columns,
    active: photographs.get(given.get("photograph") ?? ""),
    model: models.get(given.get("model") ?? ""),
    step: step("step"),
    hold: step("hold"),
    ignored,
  };
}
