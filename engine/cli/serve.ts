/** `gramscope serve`: the engine and its page behind one address, until it is stopped. */
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeviceChoice } from "../executors/choose.ts";
import { createHandlers } from "../host/handlers.ts";
import { startServer, type RunningServer, type ServerOptions } from "../host/server.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import { builtFiles, openEngineParts } from "./engine-parts.ts";

export interface ServeOptions {
  readonly host: string;
  /** Absent: 4747, or any free one where that is taken. */
  readonly port?: number;
  readonly token?: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly open?: true;
  readonly json?: true;
  /** A process without which this one has no purpose. */
  readonly parent?: number;
}

const usualPort = 4747;

/** How long the compute thread may take to come to the end of what it runs, in milliseconds. */
const graceMs = 1200;

/** How long a run may take to finish its step and write its state, in milliseconds. */
const trainingGraceMs = 60_000;

/** Resolves when the server has stopped. */
export async function runServe(options: ServeOptions): Promise<void> {
  const page = path.resolve(builtFiles, "../renderer");
  if (!existsSync(path.join(page, "index.html"))) {
    throw new EngineError("path.missing", `The page is not built: ${page} holds no index.html`, {
      hint: "Run npm run build.",
    });
  }
  const parts = await openEngineParts(options);
  const { compute, training } = parts;
  const connect = () => createHandlers(parts);
  const { host, token } = options;
  const server = await listen(
    { host, token, page, connect, port: options.port ?? usualPort },
    options.port === undefined,
  );
  const close = async () => {
    await server.close();
    await parts.dispose();
  };
  // `auto` always finds something; a device that was asked for may be missing.
  if (options.device !== "auto") {
    await compute.reports().catch(async (error: unknown) => {
      await close();
      throw error;
    });
  }
  if (options.json) console.log(JSON.stringify({ url: server.url, port: server.port }));
  else announce(server);
  // The page asks for it first; by then it is there.
  compute.reports().catch((error: unknown) => console.error(String(error)));
  if (options.open) await openBrowser(server.url);

  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
    if (options.parent !== undefined) whenGone(options.parent, resolve);
  });
  const isClosed = await Promise.race([
    close().then(() => true),
    sleep(training.current === undefined ? graceMs : trainingGraceMs, false, { ref: false }),
  ]);
  // A block of a large model may run for longer, and nothing interrupts the runtime. Nothing that an
  // end without farewell could leave half-written: a run goes on from its last checkpoint.
  if (!isClosed) process.kill(process.pid, "SIGKILL");
}

/**
 * A window that was killed cannot end its engine. Asked for by id and not by the end of stdin,
 * because Electron's utility processes have none.
 */
function whenGone(parent: number, resolve: () => void): void {
  const wasChild = process.ppid === parent;
  const timer = setInterval(() => {
    // A child is handed to another parent at once, also while its own is still a zombie.
    if (isAlive(parent) && (!wasChild || process.ppid === parent)) return;
    clearInterval(timer);
    resolve();
  }, 500);
  timer.unref();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The usual port may be taken by another Gramscope; a port that was asked for may not. */
async function listen(options: ServerOptions, isFreeToMove: boolean): Promise<RunningServer> {
  try {
    return await startServer(options);
  } catch (error) {
    const isTaken = error instanceof EngineError && error.code === "port.used";
    if (!isTaken || !isFreeToMove) throw error;
    return startServer({ ...options, port: 0 });
  }
}

function announce({ url, port }: RunningServer): void {
  console.log(`Gramscope is at ${url}`);
  console.log(
    `From another machine: ssh -L ${port}:127.0.0.1:${port} THIS-MACHINE, then the same address.`,
  );
  console.log("Ctrl-C stops it.");
}

async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import("open");
  await open(url).catch(() => console.error("No browser could be opened; open the address above."));
}
