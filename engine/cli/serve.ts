/** `gramscope serve`: the engine and its page behind one address, until it is stopped. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceChoice } from "../executors/choose.ts";
import { Compute } from "../host/compute.ts";
import { createHandlers } from "../host/handlers.ts";
import { Images } from "../host/images.ts";
import { startServer, type RunningServer, type ServerOptions } from "../host/server.ts";
import { ImagePool } from "../image/image-pool.ts";
import type { RopePrecision } from "../model/rope.ts";
import { EngineError } from "../protocol/errors.ts";
import { memoryBudget } from "./local-session.ts";
import { programVersion } from "./version.ts";

export interface ServeOptions {
  readonly host: string;
  /** Absent: 4747, or any free one where that is taken. */
  readonly port?: number;
  readonly token?: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly open?: true;
  readonly json?: true;
}

const usualPort = 4747;

/** Resolves when the server has stopped. */
export async function runServe(options: ServeOptions): Promise<void> {
  // Everything built lies beside this file's bundle; assets lie beside dist/.
  const here = path.dirname(fileURLToPath(import.meta.url));
  const assets = path.resolve(here, "../../assets");
  const page = path.resolve(here, "../renderer");
  if (!existsSync(path.join(page, "index.html"))) {
    throw new EngineError("path.missing", `The page is not built: ${page} holds no index.html`, {
      hint: "Run npm run build.",
    });
  }
  const pool = new ImagePool();
  const images = new Images(pool);
  const compute = new Compute({
    device: options.device,
    rope: options.rope,
    ...memoryBudget(),
    pixels: images,
    threadFile: path.join(here, "compute-thread.js"),
  });
  const version = await programVersion();
  const handlers = createHandlers({ compute, images, assets, version });
  const { host, token } = options;
  const server = await listen(
    { host, token, page, handlers, port: options.port ?? usualPort },
    options.port === undefined,
  );
  if (options.json) console.log(JSON.stringify({ url: server.url, port: server.port }));
  else announce(server);
  // The page asks for it first; by then it is there.
  compute.reports().catch((error: unknown) => console.error(String(error)));
  if (options.open) await openBrowser(server.url);

  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  await server.close();
  await Promise.all([compute.dispose(), pool.dispose()]);
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
