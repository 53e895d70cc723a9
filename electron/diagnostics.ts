/** The text behind "Export diagnostics": what a person who helps would ask for. It is sent nowhere. */
import { statfs } from "node:fs/promises";
import os from "node:os";
import { createInterface } from "node:readline";
import type { EngineState } from "./desktop.ts";
import type { EngineOptions } from "./engine-process.ts";

export interface Situation {
  readonly version: string;
  readonly engine: EngineState;
  readonly lastWords: readonly string[];
  /** A folder on the disk whose room matters. */
  readonly dataFolder: string;
  /** What Chromium says about the graphics, for the page's drawing. */
  readonly graphics: unknown;
  /** From {@link askDoctor}. */
  readonly doctor: string;
}

const doctorLimitMs = 90_000;

export async function diagnostics(situation: Situation): Promise<string> {
  const { version, engine, lastWords, dataFolder, graphics, doctor } = situation;
  const disk = await statfs(dataFolder).catch(() => undefined);
  const cpus = os.cpus();
  const facts: [string, string][] = [
    ["Gramscope", version],
    ["Electron", process.versions.electron],
    ["Chromium", process.versions.chrome],
    ["Node", process.versions.node],
    ["System", `${os.version()}, ${os.platform()} ${os.release()} ${os.arch()}`],
    ["Processor", `${cpus[0]?.model ?? "unknown"}, ${cpus.length} threads`],
    ["Memory", `${gigabytes(os.freemem())} free of ${gigabytes(os.totalmem())}`],
    ["Disk", disk ? `${gigabytes(disk.bavail * disk.bsize)} free` : "unknown"],
    ["Written", new Date().toISOString()],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    "Gramscope diagnostics. Read it before you pass it on: paths may name you or your work.",
    "",
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...section("Engine", JSON.stringify(withoutToken(engine), undefined, 2)),
    ...section("Last lines of the engine", lastWords.join("\n") || "none"),
    ...section("gramscope doctor", doctor.trim()),
    ...section("Graphics of the window", JSON.stringify(graphics, undefined, 2)),
    "",
  ].join("\n");
}

/** A second engine looks at the executors; whatever comes of it is worth reading, also nothing. */
export function askDoctor(
  launch: EngineOptions["launch"],
  limitMs = doctorLimitMs,
): Promise<string> {
  return new Promise((resolve) => {
    try {
      const child = launch(["doctor", "--json"], {});
      const lines: string[] = [];
      for (const input of [child.stdout, child.stderr]) {
        createInterface({ input }).on("line", (line) => lines.push(line));
      }
      const limit = setTimeout(() => {
        lines.push(`Ended after ${limitMs / 1000} s without a result.`);
        child.kill();
      }, limitMs);
      child.onExit(() => {
        clearTimeout(limit);
        resolve(lines.join("\n"));
      });
    } catch (error) {
      resolve(`It could not be started: ${String(error)}`);
    }
  });
}

/** Who has the token has the engine. */
function withoutToken(engine: EngineState): EngineState {
  return engine.kind === "running" ? { ...engine, url: new URL(engine.url).origin } : engine;
}

function section(title: string, text: string): string[] {
  return ["", `== ${title}`, text];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
