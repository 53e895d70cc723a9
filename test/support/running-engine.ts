/** The engine as `gramscope serve` puts it together, in this process: real threads, real sockets. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket, type ClientOptions } from "ws";
import { Compute } from "../../engine/host/compute.ts";
import { createHandlers } from "../../engine/host/handlers.ts";
import { Images } from "../../engine/host/images.ts";
import { MeasureJobs } from "../../engine/host/measure-jobs.ts";
import { Training } from "../../engine/host/training.ts";
import { startServer, type RunningServer } from "../../engine/host/server.ts";
import { websocketPort } from "../../engine/host/websocket-port.ts";
import { FigurePool } from "../../engine/figures/figure-pool.ts";
import { ImagePool } from "../../engine/image/image-pool.ts";
import { Client } from "../../engine/protocol/connection.ts";
import { requests } from "../../engine/protocol/messages.ts";
import { ScenePool } from "../../engine/scene-files/scene-pool.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const samples = join(root, "assets/samples");
export const bundledModel = join(root, "assets/models/untrained-vit");

/** A file of the built engine. `npm test` builds it; worker threads of Node 20 read no TypeScript. */
export function built(name: string): string {
  const file = join(root, "dist/engine", name);
  if (!existsSync(file)) throw new Error(`${file} is not there: run npm run build`);
  return file;
}

export type EngineClient = Client<typeof requests>;

export interface RunningEngine {
  readonly server: RunningServer;
  /** A client of its own, over a socket of its own. */
  connect(): Promise<{ client: EngineClient; socket: WebSocket }>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly threadFile?: string;
  readonly measureThreadFile?: string;
  /** How long the measuring thread waits for another job. */
  readonly idleMs?: number;
  readonly port?: number;
  readonly host?: string;
  readonly token?: string;
}

export async function startEngine(options: EngineOptions = {}): Promise<RunningEngine> {
  const page = await mkdtemp(join(tmpdir(), "gramscope-page-"));
  await writeFile(join(page, "index.html"), "<!doctype html><title>Gramscope</title>");
  const pool = new ImagePool({ threadFile: built("image-thread.js"), threads: 1 });
  const images = new Images(pool);
  const compute = new Compute({
    device: "cpu",
    rope: "fp32",
    featureBytes: 2 ** 30,
    programBytes: 2 ** 31,
    pixels: images,
    threadFile: options.threadFile ?? built("compute-thread.js"),
  });
  const training = new Training({
    device: "cpu",
    rope: "fp32",
    threadFile: built("train-thread.js"),
  });
  const measuring = new MeasureJobs({
    device: "cpu",
    rope: "fp32",
    threadFile: options.measureThreadFile ?? built("measure-thread.js"),
    idleMs: options.idleMs,
  });
  const scenes = new ScenePool({ threadFile: built("scene-thread.js"), threads: 1 });
  const assets = join(root, "assets");
  const version = "0.0.0-test";
  const figures = new FigurePool({ threadFile: built("figure-thread.js") });
  const context = { compute, images, training, measuring, scenes, figures, assets, version };
  const { host = "127.0.0.1", port = 0, token } = options;
  const dispose = async () => {
    const parts = [compute, pool, training, measuring, scenes, figures];
    await Promise.all(parts.map((part) => part.dispose()));
    await rm(page, { recursive: true });
  };
  const server = await startServer({
    host,
    port,
    token,
    page,
    connect: () => createHandlers(context),
  }).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    server,
    connect: async () => {
      const socket = await openSocket(socketAddress(server.url));
      return { client: new Client(websocketPort(socket), requests), socket };
    },
    close: async () => {
      await server.close();
      await dispose();
    },
  };
}

/** From the one URL that is printed to its socket, as the page does it. */
export function socketAddress(url: string): string {
  const { host, searchParams } = new URL(url);
  return `ws://${host}/socket?token=${encodeURIComponent(searchParams.get("token") ?? "")}`;
}

export async function openSocket(address: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(address, { maxPayload: 2 ** 30, ...options });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return socket;
}
