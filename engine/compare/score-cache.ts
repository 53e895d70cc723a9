/** Scores that were computed before, by what they are made from: weights, images, settings. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import envPaths from "env-paths";
import { z } from "zod";
import { writeText } from "../files/durable.ts";
import { scoreNames, type ImageScores } from "../scores/catalog.ts";

/** Raised when a score changes its meaning. */
const scoresVersion = 1;

const imageScores = z.partialRecord(z.enum(scoreNames), z.number());
const entry = z.object({ images: z.array(imageScores) });

/** Where the system keeps what can be computed again; GRAMSCOPE_CACHE puts it elsewhere. */
export function cacheFolder(): string {
  return process.env["GRAMSCOPE_CACHE"] ?? envPaths("gramscope", { suffix: "" }).cache;
}

export class ScoreCache {
  constructor(private readonly folder = join(cacheFolder(), "scores")) {}

  /** @param made everything that the scores depend on */
  async read(made: readonly unknown[], images: number): Promise<ImageScores[] | undefined> {
    try {
      const { images: scores } = entry.parse(JSON.parse(await readFile(this.file(made), "utf8")));
      return scores.length === images ? scores : undefined;
    } catch {
      return undefined; // Absent or damaged: computed again and written over.
    }
  }

  /** A cache that cannot be written to costs time, and nothing else. */
  async write(made: readonly unknown[], images: readonly ImageScores[]): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await writeText(this.file(made), `${JSON.stringify({ images })}\n`);
    } catch (error) {
      console.error(`Scores could not be kept in ${this.folder}: ${String(error)}`);
    }
  }

  private file(made: readonly unknown[]): string {
    const key = createHash("sha256").update(JSON.stringify([scoresVersion, ...made]));
    return join(this.folder, `${key.digest("hex").slice(0, 32)}.json`);
  }
}
