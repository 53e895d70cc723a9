/** Places that are offered where a path is asked for: what is open, what is in the box, what was used lately. */
import type { Look } from "./look.ts";
import type { PathKind } from "./measure-state.ts";

export interface OfferedPath {
  readonly path: string;
  /** What it is, where the path does not say. */
  readonly label: string;
}

type Known = Pick<
  Look,
  | "comparison"
  | "exported"
  | "info"
  | "measuring"
  | "recent"
  | "recentPaths"
  | "recipe"
  | "runs"
  | "status"
>;

/** Each once, what is most likely meant first. */
export function offeredPaths(state: Known, kind: PathKind): OfferedPath[] {
  const lately = state.recentPaths[kind].map((path) => ({ path, label: "used lately" }));
  const found = new Map<string, OfferedPath>();
  for (const one of [...openNow(state, kind), ...lately, ...inTheBox(state, kind)]) {
    if (!found.has(one.path)) found.set(one.path, one);
  }
  return [...found.values()];
}

function openNow(state: Known, kind: PathKind): OfferedPath[] {
  switch (kind) {
    case "run": {
      const { status, runs } = state;
      const going = status ? [{ path: status.folder, label: "the engine's run" }] : [];
      const shown = runs.map(({ record }) => ({ path: record.folder, label: "shown under Train" }));
      return [...going, ...shown];
    }
    case "model":
      return (state.comparison?.scored ?? []).map(({ path, name }) => ({
        path,
        label: `${name}, as compared`,
      }));
    case "images": {
      const data = state.recipe["data"] as { kind?: unknown; path?: unknown } | undefined;
      const isFolder = data?.kind === "folder" && typeof data.path === "string";
      return isFolder ? [{ path: data.path as string, label: "the recipe's images" }] : [];
    }
    case "labels":
      return [];
    case "export":
      return state.exported ? [{ path: state.exported.folder, label: "written here" }] : [];
  }
}

function inTheBox({ info, recent, measuring }: Known, kind: PathKind): OfferedPath[] {
  if (kind === "images" && measuring) {
    return [{ path: measuring.samplesFolder, label: "photographs in the box" }];
  }
  if (kind !== "model") return [];
  const bundled = (info?.models ?? []).map(({ path, name, trained }) => ({
    path,
    label: trained ? `${name}, in the box` : `${name}, in the box, untrained`,
  }));
  const opened = recent
    .filter((one) => one.kind === "model" && one.exists)
    .map(({ path, name }) => ({ path, label: `${name}, opened lately` }));
  return [...opened, ...bundled];
}
