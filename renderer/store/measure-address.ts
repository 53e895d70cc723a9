/** What the address says of measuring: the tab, the probe and the scene. Paths are on no other machine. */
import { labelledProbeNames } from "../../engine/protocol/probe-report.ts";
import { sceneParts } from "../../engine/protocol/scenes.ts";
import type { Look } from "./look.ts";
import { firstProbeForm } from "./measure-probes-slice.ts";
import { firstScenes, lastScene } from "./measure-scenes-slice.ts";
import { sceneKinds, sceneModes } from "./measure-scenes-state.ts";
import { measureTabs } from "./measure-state.ts";

type Measured = Pick<Look, "measureTab" | "probeForm" | "scenes">;

/** One part of the address; `write` gives undefined for what need not be said. */
interface Part {
  readonly expected: string;
  /** @returns undefined for text that is none */
  read(text: string, state: Measured): Measured | undefined;
  write(state: Measured): string | undefined;
}

function choice<T extends string>(
  values: readonly T[],
  usual: T,
  get: (state: Measured) => T,
  set: (state: Measured, value: T) => Measured,
): Part {
  return {
    expected: values.join(", "),
    read: (text, state) =>
      (values as readonly string[]).includes(text) ? set(state, text as T) : undefined,
    write: (state) => (get(state) === usual ? undefined : get(state)),
  };
}

const scenesPart = <K extends "mode" | "kind" | "layer">(
  key: K,
  values: readonly Measured["scenes"][K][],
) =>
  choice<Measured["scenes"][K]>(
    values,
    firstScenes[key],
    ({ scenes }) => scenes[key],
    (state, value) => ({ ...state, scenes: { ...state.scenes, [key]: value } }),
  );

const parts: Readonly<Record<string, Part>> = {
  tab: choice(
    measureTabs,
    "compare",
    ({ measureTab }) => measureTab,
    (state, measureTab) => ({ ...state, measureTab }),
  ),
  measures: choice(
    labelledProbeNames,
    firstProbeForm.probe,
    ({ probeForm }) => probeForm.probe,
    (state, probe) => ({ ...state, probeForm: { ...state.probeForm, probe } }),
  ),
  scene: {
    expected: `SEED/INDEX, each from 0 to ${lastScene}`,
    read(text, state) {
      const [seed, index] = (/^(\d{1,10})\/(\d{1,10})$/.exec(text) ?? []).slice(1).map(Number);
      const isThere = seed !== undefined && index !== undefined;
      if (!isThere || seed > lastScene || index > lastScene) return undefined;
      return { ...state, scenes: { ...state.scenes, seed, index } };
    },
    write({ scenes: { seed, index } }) {
      return seed === 0 && index === 0 ? undefined : `${seed}/${index}`;
    },
  },
  world: scenesPart("mode", sceneModes),
  kind: scenesPart("kind", sceneKinds),
  shows: scenesPart("layer", sceneParts),
};

/**
 * @param search the page's query; names that are not ours are left alone
 * @returns the state with what the query says, and the parts that could not be read
 */
export function readMeasured(
  search: string,
  before: Measured,
): {
  readonly state: Measured;
  readonly ignored: readonly { name: string; expected: string; text: string }[];
} {
  const given = new URLSearchParams(search);
  let state = before;
  const ignored = [];
  for (const [name, { expected, read }] of Object.entries(parts)) {
    const text = given.get(name);
    if (text === null) continue;
    const next = read(text, state);
    if (next) state = next;
    else ignored.push({ name, expected, text });
  }
  return { state, ignored };
}

/** Written into the query while the page for measuring is open, and taken out of it otherwise. */
export function writeMeasured(
  query: URLSearchParams,
  { page, ...state }: Measured & Pick<Look, "page">,
): void {
  for (const [name, { write }] of Object.entries(parts)) {
    const text = page === "measure" ? write(state) : undefined;
    if (text === undefined) query.delete(name);
    else query.set(name, text);
  }
}
