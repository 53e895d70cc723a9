/** What the page may ask of the window, and the checks on who asks and for what. */
import { rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Channels, EngineState, Opened, RecentFile } from "./desktop.ts";
import { hasSameOrigin } from "./navigation.ts";
import { kindOf, openPaths } from "./opening.ts";
import type { RecentFiles } from "./recent.ts";

/** What only Electron can do. */
export interface Dialogs {
  /** Paths; empty when the person chose none. */
  chooseImages(): Promise<readonly string[]>;
  chooseFolder(): Promise<string | undefined>;
  chooseSession(): Promise<string | undefined>;
  chooseSave(name: string): Promise<string | undefined>;
}

export interface PageContext {
  readonly dialogs: Dialogs;
  readonly recent: RecentFiles;
  deliver(...opened: readonly Opened[]): void;
  /** Point at a folder where the system shows files; nothing in it is opened. */
  reveal(folder: string): void;
  engineState(): EngineState;
}

/** A new channel without a handler does not compile. */
export type PageHandlers = Record<
  Channels["invoke"],
  (...values: readonly unknown[]) => Promise<unknown>
>;

export function pageHandlers(context: PageContext): PageHandlers {
  const { dialogs, recent } = context;
  return {
    "open-images": async () => {
      const found = await openPaths(await dialogs.chooseImages());
      remember(recent, found.recent);
      context.deliver(...found.opened.filter(({ kind }) => kind !== "images"));
      return found.opened.flatMap((opened) => (opened.kind === "images" ? opened.files : []));
    },
    "open-model-folder": async () => {
      const folder = await dialogs.chooseFolder();
      if (folder !== undefined && (await kindOf(folder)) === "model") recent.add("model", folder);
      return folder;
    },
    recent: async () => recent.list(),
    "open-recent": async (file) => {
      // The page may name only what a person has opened before: it cannot read at will.
      if (typeof file !== "string" || !recent.has(file)) throw refusal("open-recent", file);
      await openRecent(context, file);
    },
    "save-file": async (name, bytes) => {
      if (typeof name !== "string" || !(bytes instanceof Uint8Array)) {
        throw refusal("save-file", name);
      }
      const file = await dialogs.chooseSave(safeName(name));
      if (file !== undefined) await saveWhole(file, bytes);
      return file;
    },
    "reveal-folder": async (folder) => {
      if (typeof folder !== "string" || !path.isAbsolute(folder)) {
        throw refusal("reveal-folder", folder);
      }
      // Moved away meanwhile, or on the machine of an engine elsewhere: there is nothing to show.
      if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) {
        context.reveal(folder);
      }
    },
    "engine-state": async () => context.engineState(),
  };
}

/** Paths from the menu, the program's icon or the command line. */
export async function openForPage(context: PageContext, paths: readonly string[]): Promise<void> {
  const found = await openPaths(paths);
  remember(context.recent, found.recent);
  context.deliver(...found.opened);
}

/** One that is gone leaves the list, and the page says so. */
export async function openRecent(context: PageContext, file: string): Promise<void> {
  const { opened, recent } = await openPaths([file]);
  if (recent.length === 0) context.recent.remove(file);
  remember(context.recent, recent);
  context.deliver(...opened.map((one) => (recent.length === 0 ? noteRemoval(one) : one)));
}

/** A dropped file reached the page already; here it is only remembered, where it is of a kind we know. */
export async function rememberDropped(recent: RecentFiles, file: unknown): Promise<void> {
  if (typeof file !== "string" || !path.isAbsolute(file)) return;
  const kind = await kindOf(file);
  if (kind) recent.add(kind, file);
}

/** @param address of the frame that sent a message; undefined when it is gone already */
export function mayAsk(
  address: string | undefined,
  isMainFrame: boolean,
  engineUrl: string | undefined,
): boolean {
  return isMainFrame && address !== undefined && hasSameOrigin(address, engineUrl);
}

function remember(
  recent: RecentFiles,
  found: readonly { kind: RecentFile["kind"]; path: string }[],
) {
  for (const { kind, path: file } of found) recent.add(kind, file);
}

function noteRemoval(opened: Opened): Opened {
  if (opened.kind !== "problem") return opened;
  return { ...opened, hint: `${opened.hint} It was removed from the recent files.` };
}

/** A name alone, without what some system does not take; the person can change it in the dialog. */
export function safeName(name: string): string {
  const last = name.split(/[/\\]/).pop() ?? "";
  const plain = last.replace(/[<>:"|?*\u0000-\u001f]/g, "_").replace(/^\.+/, "");
  return plain === "" ? "gramscope" : plain.slice(0, 200);
}

/** @throws the system's error; then nothing half-written is left */
export async function saveWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  const unfinished = `${file}.${process.pid}.part`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function refusal(channel: Channels["invoke"], value: unknown): Error {
  return new Error(`internal: ${channel} was asked for ${JSON.stringify(value)}`);
}
