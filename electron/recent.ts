/** The photographs, models and sessions that were opened last, newest first, in one small file. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { RecentFile } from "./desktop.ts";

type Entry = Pick<RecentFile, "path" | "kind">;

const longest = 12;

export class RecentFiles {
  private entries: readonly Entry[];

  /** @param file JSON; absent, unreadable or spoilt it counts as an empty list */
  constructor(
    private readonly file: string,
    /** After every change, so that the menu can follow. */
    private readonly onChange: () => void = () => {},
  ) {
    this.entries = read(file);
  }

  list(): RecentFile[] {
    return this.entries.map((entry) => ({
      ...entry,
      name: path.basename(entry.path),
      exists: existsSync(entry.path),
    }));
  }

  has(file: string): boolean {
    return this.entries.some((entry) => entry.path === file);
  }

  add(kind: Entry["kind"], file: string): void {
    this.keep([{ kind, path: file }, ...this.without(file)].slice(0, longest));
  }

  remove(file: string): void {
    this.keep(this.without(file));
  }

  clear(): void {
    this.keep([]);
  }

  private without(file: string): Entry[] {
    return this.entries.filter((entry) => entry.path !== file);
  }

  private keep(entries: readonly Entry[]): void {
    this.entries = entries;
    try {
      mkdirSync(path.dirname(this.file), { recursive: true });
      const unfinished = `${this.file}.${process.pid}`;
      writeFileSync(unfinished, JSON.stringify(entries, undefined, 2));
      renameSync(unfinished, this.file);
    } catch (error) {
      // A full disk is no reason not to open a photograph; the list lasts until the program ends.
      console.error(`The recent files could not be kept in ${this.file}: ${String(error)}`);
    }
    this.onChange();
  }
}

function read(file: string): Entry[] {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(value) ? value.filter(isEntry).slice(0, longest) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  const { kind, path: file } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  const isKind = kind === "image" || kind === "model" || kind === "session";
  return isKind && typeof file === "string";
}
