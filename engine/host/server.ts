/**
 * HTTP for the page and a WebSocket for everything else, on loopback, behind a token. Nothing here
 * computes; it passes requests on and never blocks.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIP, type AddressInfo } from "node:net";
import sirv from "sirv";
import { WebSocketServer } from "ws";
import { serve } from "../protocol/connection.ts";
import { EngineError } from "../protocol/errors.ts";
import { maxFrameBytes } from "../protocol/frame.ts";
import { requests } from "../protocol/messages.ts";
import type { ClientHandlers } from "./handlers.ts";
import { websocketPort } from "./websocket-port.ts";

export interface ServerOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Absent: a new random one. */
  readonly token?: string | undefined;
  /** Folder of the built page. */
  readonly page: string;
  /** Called for every client that comes in. */
  connect(): ClientHandlers;
}

export interface RunningServer {
  /** The one address that a person needs, token included. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/** Close code of a socket that came with the wrong token; the page knows it. */
export const wrongTokenCode = 4401;

const headers = {
  "Content-Security-Policy":
    // WebAssembly may be compiled, text may not be evaluated: the hover's arithmetic runs there.
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; " +
    "worker-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** @throws EngineError "port.used", "option.invalid" for an address that is not this machine's */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const token = options.token ?? randomBytes(18).toString("base64url");
  const files = sirv(options.page, {
    etag: true,
    setHeaders: (response: ServerResponse) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
  });
  const http = createServer((request, response) => {
    if (!isOwnHost(request, options.host)) {
      response.writeHead(403).end("This address does not belong to Gramscope.");
      return;
    }
    files(request, response, () => {
      response.writeHead(404).end("Not found");
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes });
  http.on("upgrade", (request, socket, head) => {
    // A socket that breaks is reported as closed; the event must have a listener all the same, here
    // and below, or a stranger's reset connection would end the engine.
    socket.on("error", () => {});
    const address = parseUrl(request.url ?? "/", "http://localhost");
    const isSocket = address?.pathname === "/socket";
    if (!isSocket || !isOwnHost(request, options.host) || !isOwnOrigin(request)) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => {});
      if (!sameToken(address.searchParams.get("token") ?? "", token)) {
        webSocket.close(wrongTokenCode, "The token in the address is not this engine's");
        return;
      }
      const { handlers, left } = options.connect();
      webSocket.on("close", left);
      serve(websocketPort(webSocket), requests, handlers, (error) => console.error(error));
    });
  });
  await listen(http, options);
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${hostInAddress(options.host)}:${port}/?token=${encodeURIComponent(token)}`,
    port,
    token,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

function listen(http: ReturnType<typeof createServer>, { host, port }: ServerOptions) {
  return new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") {
        const why = error.code === "EACCES" ? "may not be used" : "is in use";
        const hint = "Choose another with --port, or 0 for any that is free.";
        reject(new EngineError("port.used", `Port ${port} of ${host} ${why}`, { hint }));
      } else if (error.code === "EADDRNOTAVAIL" || error.syscall === "getaddrinfo") {
        const message = `host: ${host} is not an address of this machine`;
        reject(new EngineError("option.invalid", message));
      } else reject(error);
    });
    http.listen(port, host, resolve);
  });
}

/**
 * The name in the address bar must be loopback or the address we listen on: a web page that points
 * its own name at this machine (DNS rebinding) is turned away, an SSH tunnel is not.
 */
function isOwnHost(request: IncomingMessage, host: string): boolean {
  const named = withoutBrackets(parseUrl(`http://${request.headers.host ?? ""}`)?.hostname);
  if (named === undefined) return false;
  const isLoopback = named === "localhost" || named === "127.0.0.1" || named === "::1";
  // Bound to every address, any literal address is ours; names are not.
  const isWildcard = (host === "0.0.0.0" || host === "::") && isIP(named) !== 0;
  return isLoopback || isWildcard || named === host.toLowerCase();
}

/** A page of another origin may not open a socket, even with the token. */
function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true; // Not a browser.
  return parseUrl(origin)?.host === host;
}

/** "Every address" is no address that a browser can go to; loopback is one of them. */
function hostInAddress(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function withoutBrackets(hostname: string | undefined): string | undefined {
  return hostname?.replace(/^\[|\]$/g, "");
}

/** URL.parse of newer Nodes. */
function parseUrl(address: string, base?: string): URL | undefined {
  try {
    return new URL(address, base);
  } catch {
    return undefined;
  }
}

function sameToken(received: string, expected: string): boolean {
  const [a, b] = [Buffer.from(received), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
