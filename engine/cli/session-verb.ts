/** The verb session: what a session refers to, and whether it is there and as it was. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { SessionFile } from "../protocol/session-file.ts";
import type { SessionItem } from "../protocol/sessions.ts";

export function addSession(program: Command): void {
  program
    .command("session")
    .description("Say what a session refers to, and whether it is there and unchanged.")
    .argument("<file>", "a session, NAME.gramscope.json")
    .option("--json", "print results for programs")
    .action(async (file: string, options: { json?: true }) => {
      await runSession(file, options);
    });
}

/** Exit code 2 where something is missing or changed. */
async function runSession(file: string, { json }: { json?: true }): Promise<void> {
  const { readSession } = await import("../session-files/read-session.ts");
  const { findItems } = await import("../session-files/find-session.ts");
  const { boxAt } = await import("../host/session-handlers.ts");
  // Everything built lies beside this file's bundle; assets lie beside dist/.
  const assets = fileURLToPath(new URL("../../assets", import.meta.url));
  const path = resolve(file);
  const session = await readSession(path);
  const items = await findItems(session, dirname(path), await boxAt(assets), []);
  console.log(json ? JSON.stringify({ path, session: bare(session), items }) : inWords(items));
  if (items.some(({ state }) => state !== "found")) process.exitCode = 2;
}

/** Without the photographs inside it. */
const bare = ({ view, written, program, layout }: SessionFile) => ({
  view,
  written,
  program,
  layout,
});

function inWords(items: readonly SessionItem[]): string {
  const there = items.filter(({ state }) => state !== "missing").length;
  const lines = items.map(({ kind, name, state, path, told, why }) => {
    const where = path ?? told ?? "inside the session";
    const line = `${state.padEnd(8)} ${kind.padEnd(11)} ${name}  ${where}`;
    return why === undefined ? line : `${line}\n${" ".repeat(21)}${why}`;
  });
  return [...lines, `${there} of ${items.length} found`].join("\n");
}
