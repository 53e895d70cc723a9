/** The command line run by Electron, where commander would count its words differently. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../../dist/engine/main.js", import.meta.url));

test("the verb is the first word after the program, also where Electron runs it", () => {
  const electron = `Object.defineProperty(process, "versions",
    { value: { ...process.versions, electron: "45.4.1" } });`;
  const output = execFileSync(process.execPath, [
    ...["--import", `data:text/javascript,${encodeURIComponent(electron)}`],
    ...[entry, "inspect", "assets/models/untrained-vit", "--json"],
  ]);
  expect(JSON.parse(output.toString())).toMatchObject({ kind: "model" });
});
