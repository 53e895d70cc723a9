/** What comes in the box: models and sample photographs under assets/. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { EngineError } from "../protocol/errors.ts";

const credits = z.array(
  z.object({ file: z.string(), name: z.string(), title: z.string(), credit: z.string() }),
);

export interface BundledModel {
  readonly name: string;
  readonly path: string;
  readonly trained: boolean;
}

export interface Sample {
  readonly name: string;
  readonly path: string;
  readonly credit: string;
}

const modelMarker = z.object({
  gramscope: z.object({ name: z.string(), trained: z.boolean() }),
});

/** @param assets the assets folder */
export async function bundledModels(assets: string): Promise<BundledModel[]> {
  const folder = path.join(assets, "models");
  const names = await readdir(folder).catch(() => []);
  const found: BundledModel[] = [];
  for (const name of names.sort()) {
    const config = await readFile(path.join(folder, name, "config.json"), "utf8").catch(() => "{}");
    const marker = modelMarker.safeParse(parsed(config));
    if (marker.success) found.push({ ...marker.data.gramscope, path: path.join(folder, name) });
  }
  // A trained model is the better first picture.
  return found.sort((a, b) => Number(b.trained) - Number(a.trained));
}

/** A model in the box that is damaged is not offered; the others are. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

export async function samples(assets: string): Promise<Sample[]> {
  const folder = path.join(assets, "samples");
  const text = await readFile(path.join(folder, "credits.json"), "utf8");
  return credits.parse(JSON.parse(text)).map(({ file, title, credit }) => ({
    name: title,
    path: path.join(folder, file),
    credit,
  }));
}

/** @throws EngineError "option.invalid" for a name that is not in the box */
export async function sampleNamed(assets: string, name: string): Promise<Sample> {
  const all = await samples(assets);
  const sample = all.find((candidate) => candidate.name === name);
  if (sample) return sample;
  const known = all.map((candidate) => candidate.name).join(", ");
  throw new EngineError("option.invalid", `sample: expected one of ${known}; received "${name}"`);
}
