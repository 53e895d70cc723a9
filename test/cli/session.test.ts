/** `gramscope session` in a process of its own: what is there, moved or changed, and files that are no sessions. */
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { describeSession, writeSession } from "../../engine/session-files/save-session.ts";
import { gramscope, inFolder } from "../support/command-line.ts";
import { samples } from "../support/running-engine.ts";
import { fixtures } from "../weights/broken-models.ts";

const layout = {
  direction: "across",
  isSwapped: false,
  left: true,
  right: true,
  gram: false,
} as const;

/** A session in `folder`, with a model and a photograph of its own beside it. */
async function write(folder: string): Promise<string> {
  const [file, model, photograph] = ["view.gramscope.json", "models/mine", "cup.jpg"].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  await mkdir(path.dirname(model));
  await cp(path.join(fixtures, "mlp"), model, { recursive: true });
  await cp(path.join(samples, "coffee.jpg"), photograph);
  const bytes = await readFile(photograph);
  const { session } = await describeSession(
    {
      view: "probe=pca&photograph=p1",
      layout,
      photographs: [{ id: "p1", kind: "own", name: "cup.jpg", path: photograph, image: "i1" }],
      models: [{ id: "m1", path: model, name: "Mine" }],
    },
    file,
    { box: { samples: [], models: new Map() }, version: "0", bytesOf: () => bytes },
  );
  await writeSession(file, session);
  return file;
}

const found = (stdout: string) => {
  const { items } = JSON.parse(stdout) as { items: { name: string; state: string }[] };
  return Object.fromEntries(items.map(({ name, state }) => [name, state]));
};

describe("session", () => {
  test("says that all is there, in words and for programs, and ends well", async () => {
    await inFolder(async (folder, names) => {
      const file = await write(folder);
      const before = await names();
      const told = await gramscope(["session", file]);
      expect(told).toMatchObject({ code: 0, stderr: "" });
      expect(told.stdout).toMatch(/^found +photograph +cup\.jpg .*cup\.jpg$/m);
      expect(told.stdout).toMatch(/^found +model +Mine .*models.mine$/m);
      expect(told.stdout).toMatch(/2 of 2 found\n$/);
      const listed = await gramscope(["session", "view.gramscope.json", "--json"], { cwd: folder });
      expect(listed).toMatchObject({ code: 0, stderr: "" });
      expect(found(listed.stdout)).toEqual({ "cup.jpg": "found", Mine: "found" });
      expect(JSON.parse(listed.stdout)).toMatchObject({
        path: file,
        session: { view: "probe=pca&photograph=p1", program: "0" },
      });
      // Nothing was written.
      expect(await names()).toEqual(before);
    });
  });

  test("ends with 2 where something changed or is missing, and says which and why", async () => {
    await inFolder(async (folder) => {
      const file = await write(folder);
      await cp(path.join(samples, "chelsea.jpg"), path.join(folder, "cup.jpg"));
      const changed = await gramscope(["session", file]);
      expect(changed).toMatchObject({ code: 2, stderr: "" });
      expect(changed.stdout).toMatch(
        /^changed +photograph +cup\.jpg .*\n +Its content is another/m,
      );
      expect(changed.stdout).toMatch(/2 of 2 found/);

      await rename(path.join(folder, "models"), path.join(folder, "elsewhere"));
      const missing = await gramscope(["session", file, "--json"]);
      expect(missing).toMatchObject({ code: 2, stderr: "" });
      expect(found(missing.stdout)).toEqual({ "cup.jpg": "changed", Mine: "missing" });
    });
  });

  test("refuses what is no session, is not there, or is a folder, each in one message", async () => {
    await inFolder(async (folder) => {
      const other = path.join(folder, "notes.gramscope.json");
      await writeFile(other, JSON.stringify({ shopping: ["milk"] }));
      const text = path.join(folder, "text.gramscope.json");
      await writeFile(text, "no JSON at all");
      for (const [file, message] of [
        [other, /notes\.gramscope\.json: expected a session of Gramscope, which says/],
        [text, /text\.gramscope\.json: expected a session of Gramscope, which is JSON/],
        [path.join(folder, "gone.gramscope.json"), /gone\.gramscope\.json/],
        [folder, /expected a file that ends in \.gramscope\.json, received a folder/],
      ] as const) {
        const ended = await gramscope(["session", file]);
        expect(ended).toMatchObject({ code: 2, stdout: "" });
        expect(ended.stderr).toMatch(message);
        expect(ended.stderr).not.toMatch(/\n +at /);
      }
    });
  });
});
