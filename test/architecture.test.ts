/**
 * The laws of the layout: imports go down, never round; the page sees the protocol and nothing else
 * of the engine; every file says what it is for and stays short enough to be read.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A folder imports only folders of lower rank. Files that lie in engine/ or renderer/ itself come last. */
const ranks: Record<string, number> = {
  "engine/protocol": 0,
  "engine/files": 1,
  "engine/image": 2,
  "engine/compiler": 1,
  "engine/recipe": 1,
  "engine/random": 1,
  "engine/threads": 1,
  "engine/executors": 2,
  "engine/losses": 2,
  "engine/optim": 2,
  "engine/checkpoints": 3,
  "engine/hub": 3,
  "engine/model": 3,
  "engine/weights": 4,
  "engine/probes": 4,
  "engine/labels": 4,
  "engine/figures": 5,
  "engine/scenes": 5,
  "engine/scores": 5,
  "engine/data": 6,
  "engine/evaluation": 6,
  "engine/export": 6,
  "engine/scene-files": 6,
  "engine/session": 6,
  "engine/session-files": 6,
  "engine/runs": 5,
  "engine/case-pictures": 7,
  "engine/features": 7,
  "engine/train": 7,
  "engine/bench": 8,
  "engine/compare": 8,
  "engine/parity": 8,
  "engine/host": 9,
  "engine/cli": 10,

  electron: 0,

  "renderer/connection": 1,
  "renderer/compute": 1,
  "renderer/store": 2,
  "renderer/scene": 3,
  "renderer/charts": 3,
  "renderer/panels": 4,
  "renderer/headless": 5,
  renderer: 5,
};

/** What the window offers to its page. */
const desktopTypes = "electron/desktop.ts";

/** Files over the limit that were looked at and found to be one subject. */
const longFiles: string[] = [];
const maxLines = 300;

const vagueNames = ["utils", "util", "helpers", "helper", "common", "types", "index", "misc"];

interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly syntax: ts.SourceFile;
  /** Files of ours that it imports, values and types alike, as paths from the root. */
  readonly imports: readonly string[];
  /** Those of them that are gone when the program runs. */
  readonly typeImports: readonly string[];
}

const program = ["engine", "renderer", "electron"].flatMap(sourcesIn);
const written = [...program, ...sourcesIn("scripts")];
const everything = [...written, ...sourcesIn("test")];

describe("imports", () => {
  test("every import of ours leads to a file", () => {
    const lost = everything.flatMap(({ path, imports }) =>
      imports.filter((target) => !existsSync(join(root, target))).map((to) => `${path} -> ${to}`),
    );
    expect(lost).toEqual([]);
  });

  test("no import leads round", () => {
    expect(findCycles(everything)).toEqual([]);
  });

  test("a cycle would be seen", () => {
    const files = [
      parse("a.ts", 'import type { B } from "./b.ts";'),
      parse("b.ts", 'export const later = () => import("./c.ts");'),
      parse("c.ts", 'export type A = import("./a.ts").A;'),
    ];
    expect(findCycles(files)).toEqual(["a.ts -> b.ts -> c.ts -> a.ts"]);
  });

  test("a folder imports only folders of lower rank", () => {
    const upward = program.flatMap(({ path, imports }) =>
      imports
        .filter((target) => folderOf(target) !== folderOf(path) && rankOf(target) >= rankOf(path))
        .map((target) => `${path} (rank ${rankOf(path)}) -> ${target} (rank ${rankOf(target)})`),
    );
    expect(upward).toEqual([]);
  });

  test("the page imports of the window's shell one file of types, and as types", () => {
    const strangers = program
      .filter(({ path }) => path.startsWith("renderer/"))
      .flatMap(({ path, imports, typeImports }) =>
        imports
          .filter((target) => target.startsWith("electron/"))
          .filter((target) => target !== desktopTypes || !typeImports.includes(target))
          .map((to) => `${path} -> ${to}`),
      );
    expect(strangers).toEqual([]);
    const pages = [
      'import type { Desktop } from "../electron/desktop.ts";',
      'import { type Desktop } from "../electron/desktop.ts";',
    ].map((text) => parse("renderer/a.ts", text).typeImports);
    // The second leaves an empty import behind, which loads the file.
    expect(pages).toEqual([[desktopTypes], []]);
  });

  test("only the main process and the preload load Electron when they run", () => {
    const loading = program
      .filter(({ path }) => path.startsWith("electron/"))
      .filter(({ syntax }) =>
        syntax.statements.some(
          (statement) => isImportOf(statement, "electron") && !isTypeImport(statement),
        ),
      );
    expect(paths(loading)).toEqual(["electron/main.ts", "electron/preload.ts"]);
  });

  test("the page imports of the engine only the protocol, and Electron nothing", () => {
    const strangers = program.flatMap(({ path, imports }) => {
      const seen = path.startsWith("renderer/")
        ? ["renderer/", "engine/protocol/", desktopTypes]
        : ["electron/"];
      if (path.startsWith("engine/")) return [];
      return imports
        .filter((target) => !seen.some((s) => target.startsWith(s)))
        .map((to) => `${path} -> ${to}`);
    });
    expect(strangers).toEqual([]);
  });

  test("the engine imports nothing of the page or of Electron", () => {
    const strangers = program
      .filter(({ path }) => path.startsWith("engine/"))
      .flatMap(({ path, imports }) =>
        imports.filter((target) => !target.startsWith("engine/")).map((to) => `${path} -> ${to}`),
      );
    expect(strangers).toEqual([]);
  });
});

describe("files", () => {
  test("none has a name that says nothing", () => {
    const vague = everything.filter(({ path }) =>
      vagueNames.includes(basename(path).replace(/(\.d)?\.\w+$/, "")),
    );
    expect(paths(vague)).toEqual([]);
  });

  test("none of the program exports by default", () => {
    expect(paths(program.filter(({ syntax }) => syntax.statements.some(isDefaultExport)))).toEqual(
      [],
    );
  });

  test("each opens with a sentence on what it is for", () => {
    expect(paths(written.filter(({ syntax }) => !opensWithSentence(syntax)))).toEqual([]);
  });

  test(`none but a test is longer than ${maxLines} lines`, () => {
    const long = written.filter(
      ({ syntax }) => syntax.getLineAndCharacterOfPosition(syntax.end).line > maxLines,
    );
    expect(paths(long)).toEqual(longFiles);
  });
});

function sourcesIn(folder: string): SourceFile[] {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort()
    .map((path) => parse(path, readFileSync(join(root, path), "utf8")));
}

function parse(path: string, text: string): SourceFile {
  const kind = path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  const ours = (specifiers: readonly string[]) =>
    specifiers
      .filter((specifier) => specifier.startsWith("."))
      // `./x.css?inline` is a wish to the bundler; the file is ./x.css.
      .map((specifier) => posix.join(posix.dirname(path), specifier.replace(/\?.*$/, "")));
  const imports = ours(
    ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName),
  );
  const typeImports = ours(syntax.statements.filter(isTypeImport).map(specifierOf));
  return { path, syntax, imports, typeImports };
}

function isTypeImport(statement: ts.Statement): statement is ts.ImportDeclaration {
  return (
    ts.isImportDeclaration(statement) &&
    statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
  );
}

function isImportOf(statement: ts.Statement, name: string): boolean {
  return ts.isImportDeclaration(statement) && specifierOf(statement) === name;
}

function specifierOf({ moduleSpecifier }: ts.ImportDeclaration): string {
  return (moduleSpecifier as ts.StringLiteral).text;
}

/** "engine/compiler" for engine/compiler/rules/table.ts; "renderer" for renderer/main.tsx. */
function folderOf(path: string): string {
  const [top = "", folder, ...rest] = path.split("/");
  return folder === undefined || rest.length === 0 ? top : `${top}/${folder}`;
}

function rankOf(path: string): number {
  const rank = ranks[folderOf(path)];
  if (rank === undefined)
    throw new Error(`${path}: give its folder a rank in ${import.meta.filename}`);
  return rank;
}

/** Every cycle that a depth-first walk closes, as "a -> b -> a". */
function findCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const target of byPath.get(path)?.imports ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const file of files) walk(file.path, []);
  return cycles;
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement) && statement.exportClause) {
    const clause = statement.exportClause;
    return ts.isNamedExports(clause) && clause.elements.some(({ name }) => name.text === "default");
  }
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function opensWithSentence({ text }: ts.SourceFile): boolean {
  const [first] = ts.getLeadingCommentRanges(text, ts.getShebang(text)?.length ?? 0) ?? [];
  if (!first) return false;
  const comment = text.slice(first.pos, first.end);
  return /^\/\*\*|^\/\//.test(comment) && /[A-Z`][^]*\w[^]*[.:]/.test(comment);
}

function paths(files: readonly SourceFile[]): string[] {
  return files.map(({ path }) => path);
}
