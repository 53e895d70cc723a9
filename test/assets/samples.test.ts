/** The photographs in the box: each has its credit, and what is listed is there. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";

const folder = new URL("../../assets/samples/", import.meta.url);

const credits = z
  .array(
    z.strictObject({
      file: z.string(),
      name: z.string(),
      title: z.string(),
      credit: z.string().min(3),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL("credits.json", folder), "utf8")));

const photographs = readdirSync(folder).filter((name) => /\.(jpg|png|webp)$/.test(name));

test("every photograph has a credit, and every credit a photograph", () => {
  expect(credits.map(({ file }) => file).sort()).toEqual(photographs.sort());
  const prose = readFileSync(new URL("CREDITS.md", folder), "utf8");
  expect(photographs.filter((name) => !prose.includes(name))).toEqual([]);
});

test("a photograph is called what its file is called", () => {
  expect(credits.map(({ name }) => name)).toEqual(
    credits.map(({ file }) => file.replace(/\.\w+$/, "")),
  );
});

test("they stay small enough for a repository", () => {
  const bytes = photographs.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0);
  expect(bytes).toBeLessThan(3e6);
});
