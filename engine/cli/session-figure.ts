/** `gramscope figure --session`: the grid of panes of a saved session, drawn as the page would draw it. */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";
import type { DeviceChoice } from "../executors/choose.ts";
import { createHandlers } from "../host/handlers.ts";
import { boxAt } from "../host/session-handlers.ts";
import { threadPort } from "../host/thread-port.ts";
import type { RopePrecision } from "../model/rope.ts";
import { Client, serve } from "../protocol/connection.ts";
import { EngineError } from "../protocol/errors.ts";
import type { CallEngine, HeadlessPage, OpenHeadlessPage } from "../protocol/headless-page.ts";
import { requests, type Reply } from "../protocol/messages.ts";
import { findItems } from "../session-files/find-session.ts";
import { readSession } from "../session-files/read-session.ts";
import { assets, builtFiles, openEngineParts } from "./engine-parts.ts";
import { figureKind, isClip, lookOf, type FigureLookOptions } from "./figure.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { writeOutput } from "./write-output.ts";

export interface SessionFigureOptions extends FigureLookOptions {
  readonly session: string;
  readonly out: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly json?: true;
  /** Of a clip: "all", or steps. */
  readonly steps?: readonly string[];
  readonly frameMs: number;
}

/** @throws EngineError what the session lacks, before anything is computed or written */
export async function runSessionFigure(options: SessionFigureOptions): Promise<void> {
  const kind = figureKind(options.out);
  const file = path.resolve(options.session);
  await refuseMissing(file);
  const steps = stepsOf(options.steps, isClip(kind));
  const look = lookOf(options);
  const { signal } = terminalProgress();
  const engine = await openEngine(options);
  try {
    const page = await headlessPage(engine.call);
    if (isClip(kind)) {
      const { frames, notes } = await page.frames(file, steps, look, signal);
      const told = frames.map(({ title, panes }) => ({
        title: [options.title, title].filter(Boolean).join(": "),
        panes: [...panes],
      }));
      const clip = { frames: told, look, frameMs: options.frameMs, packing: kind };
      const drawn = await engine.call("figure.clip", clip, { signal });
      await written(options, drawn, `${frames.length} steps`, notes);
    } else {
      const { panes, notes } = await page.panes(file, look, signal);
      const figure = { panes: [...panes], look, format: kind };
      const drawn = await engine.call("figure.draw", figure, { signal });
      await written(options, drawn, `${panes.length} pane${panes.length === 1 ? "" : "s"}`, notes);
    }
  } finally {
    await engine.close();
  }
}

async function written(
  { out, json }: Pick<SessionFigureOptions, "out" | "json">,
  { file, width, height }: Reply<"figure.draw">,
  what: string,
  notes: readonly string[],
): Promise<void> {
  await writeOutput(out, file.data);
  for (const note of notes) console.error(note);
  if (json) console.log(JSON.stringify({ out, width, height, notes }));
  else console.log(`${out}: ${what}, ${width} x ${height} px`);
}

/** @throws EngineError "path.missing" that names all that is not there */
async function refuseMissing(file: string): Promise<void> {
  const session = await readSession(file);
  const items = await findItems(session, path.dirname(file), await boxAt(assets), []);
  const missing = items.filter(({ state }) => state === "missing");
  if (missing.length > 0) {
    const names = missing.map(({ kind, name, told }) =>
      told === undefined ? `${kind} ${name}` : `${kind} ${name} (${told})`,
    );
    throw new EngineError(
      "path.missing",
      `${file}: ${missing.length} of ${items.length} things that the session needs are missing: ${names.join("; ")}`,
      { hint: "Open it on the page, which asks where they lie now, and save it again." },
    );
  }
  for (const { kind, name, state } of items) {
    if (state !== "found") console.error(`Changed since the session was saved: ${kind} ${name}.`);
  }
}

/** @throws EngineError "option.invalid" */
function stepsOf(
  steps: readonly string[] | undefined,
  isOfClip: boolean,
): readonly number[] | "all" {
  if (!isOfClip && steps) {
    throw new EngineError(
      "option.invalid",
      "--steps: a session shows one step, unless --out is a .webp or .mp4",
      {
        hint: "Name a clip, or leave --steps out for the step that the session shows.",
      },
    );
  }
  if (!steps || (steps.length === 1 && steps[0] === "all")) return "all";
  const wrong = steps.find((text) => !/^\d{1,12}$/.test(text));
  if (wrong === undefined) return steps.map(Number);
  throw new EngineError(
    "option.invalid",
    `--steps: expected all, or steps by commas; received "${wrong}"`,
  );
}

/** The engine as `serve` runs it, asked in this process. */
async function openEngine(options: Pick<SessionFigureOptions, "device" | "rope">) {
  const parts = await openEngineParts(options);
  const { port1, port2 } = new MessageChannel();
  serve(threadPort(port1), requests, createHandlers(parts).handlers);
  const client = new Client(threadPort(port2), requests);
  const call: CallEngine = (kind, payload, asked) => client.call(kind, payload, asked);
  return {
    call,
    close: async () => {
      port1.close();
      await parts.dispose();
    },
  };
}

async function headlessPage(call: Parameters<OpenHeadlessPage>[0]): Promise<HeadlessPage> {
  // In a variable, so that the bundler leaves the address alone.
  const file = path.join(builtFiles, "session-page.js");
  if (!existsSync(file)) throw new Error(`internal: ${file} is not there; build the engine`);
  const page = (await import(pathToFileURL(file).href)) as { openHeadlessPage: OpenHeadlessPage };
  return page.openHeadlessPage(call);
}
