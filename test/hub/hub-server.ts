/**
 * A Hub on loopback that speaks the protocol of huggingface.co: what a revision holds, HEAD with
 * checksums, small files from itself and large ones by a redirect to a store of another origin. Every
 * fault that a network or an attacker can have is an option.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HubFile {
  readonly bytes: Buffer;
  /** In LFS: named by SHA-256, and sent by the store. */
  readonly isLarge?: boolean;
}

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly isStore: boolean;
}

export interface HubFaults {
  /** Only for requests with this header. */
  needs?: string;
  /** The answer where it is missing, or wrong. */
  refusal?: { status: number; code?: string };
  /** Instead of the real one. */
  listing?: unknown;
  /** Instead of JSON: text of a listing. */
  rawListing?: string | Buffer;
  /** The first so many requests for a body break off after so many bytes. */
  breaks?: { times: number; after: number };
  /** After the headers the connection stays open and nothing comes. */
  stalls?: boolean;
  /** Bodies are sent whole although a part was asked for. */
  ignoresRange?: boolean;
  /** 206 with another part than was asked for. */
  wrongRange?: boolean;
  /** 416 for every part. */
  refusesRange?: boolean;
  /** What is sent differs in one byte. */
  spoils?: boolean;
  /** Content-Length less than, or more than, it is. */
  lengthOff?: number;
  /** Chunked, with more than the file has. */
  extraBytes?: number;
  /** Every redirect leads here. */
  redirectTo?: string;
  /** Redirects lead to themselves. */
  loops?: boolean;
  /** Small files by a relative redirect first, as the Hub does since 2025. */
  resolvesCache?: boolean;
  /** Status of the first so many requests of any kind. */
  fails?: { times: number; status: number };
  /** Headers of a HEAD, over the right ones; undefined removes one. */
  head?: Record<string, string | undefined>;
}

export interface FakeHub {
  readonly endpoint: string;
  readonly storeOrigin: string;
  readonly requests: Request[];
  readonly files: Map<string, HubFile>;
  readonly faults: HubFaults;
  commit: string;
  close(): Promise<void>;
}

export const repositoryId = "org/tiny-vit";
export const firstCommit = "a".repeat(40);

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What `git hash-object` prints. */
export function gitHash(bytes: Buffer): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

export function etagOf({ bytes, isLarge }: HubFile): string {
  return isLarge === true ? sha256(bytes) : gitHash(bytes);
}

export async function startHub(files: Record<string, HubFile>): Promise<FakeHub> {
  const store = createServer();
  const hub = createServer();
  const storeOrigin = await listen(store);
  const endpoint = await listen(hub);
  const fake: FakeHub = {
    endpoint,
    storeOrigin,
    requests: [],
    files: new Map(Object.entries(files)),
    faults: {},
    commit: firstCommit,
    close: async () => {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
    },
  };
  hub.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(fake, request, response);
  });
  store.on("request", (request: IncomingMessage, response: ServerResponse) => {
    note(fake, request, true);
    const file = fake.files.get(decodeURIComponent(request.url!.split("?")[0]!.slice(1)));
    if (file) sendBody(fake, request, response, file);
    else response.writeHead(404).end();
  });
  return fake;
}

/** An address of this machine at which nobody listens. */
export async function nobodyThere(): Promise<string> {
  const server = createServer();
  const address = await listen(server);
  server.close();
  await once(server, "close");
  return address;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function note(fake: FakeHub, { method, url, headers }: IncomingMessage, isStore: boolean): void {
  const { authorization, range } = headers;
  fake.requests.push({ method: method!, url: url!, authorization, range, isStore });
}

function answer(fake: FakeHub, request: IncomingMessage, response: ServerResponse): void {
  const { faults } = fake;
  note(fake, request, false);
  if (faults.fails && faults.fails.times-- > 0) {
    response.writeHead(faults.fails.status).end("in trouble");
    return;
  }
  if (faults.needs !== undefined && request.headers.authorization !== faults.needs) {
    const { status, code } = faults.refusal ?? { status: 401, code: "GatedRepo" };
    response.writeHead(status, code === undefined ? {} : { "X-Error-Code": code }).end("{}");
    return;
  }
  if (faults.loops === true) {
    response.writeHead(302, { Location: request.url }).end();
    return;
  }
  const url = decodeURIComponent(request.url!.split("?")[0]!);
  const revision = new RegExp(`^/api/models/${repositoryId}/revision/(.+)$`).exec(url)?.[1];
  if (revision !== undefined) sendListing(fake, revision, response);
  else if (url.startsWith("/api/models/")) {
    // The Hub tells strangers of a repository that is not there as of one that is private.
    response.writeHead(401, { "X-Error-Code": "RepoNotFound" }).end("{}");
  } else sendFile(fake, url, request, response);
}

function sendListing(fake: FakeHub, revision: string, response: ServerResponse): void {
  const { faults, commit, files } = fake;
  if (!["main", "v1", "refs/pr/3", commit].includes(revision)) {
    response.writeHead(404, { "X-Error-Code": "RevisionNotFound" }).end("{}");
    return;
  }
  response.writeHead(200, { "Content-Type": "application/json" });
  const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
  const listing = { id: repositoryId, sha: commit, siblings, tags: ["vision"] };
  response.end(faults.rawListing ?? JSON.stringify(faults.listing ?? listing));
}

function sendFile(
  fake: FakeHub,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { faults, commit, files } = fake;
  const match = /^\/(?:api\/resolve-cache\/)?org\/tiny-vit\/resolve\/([^/]+)\/(.+)$/.exec(url);
  const file = files.get(match?.[2] ?? "");
  if (!match || !file || match[1] !== commit) {
    response.writeHead(404, { "X-Error-Code": "EntryNotFound" }).end();
    return;
  }
  const size = String(file.bytes.length);
  const etag = `"${etagOf(file)}"`;
  const own: Record<string, string | undefined> = { "X-Repo-Commit": commit };
  const isRedirected = faults.resolvesCache === true && !url.startsWith("/api/");
  if (file.isLarge === true) {
    Object.assign(own, {
      "X-Linked-Etag": etag,
      "X-Linked-Size": size,
      ETag: '"of the redirect"',
      Location:
        faults.redirectTo ?? `${fake.storeOrigin}/${encodeURIComponent(match[2]!)}?signed=1`,
    });
  } else if (isRedirected) Object.assign(own, { Location: `/api/resolve-cache${request.url!}` });
  else Object.assign(own, { ETag: etag, "Content-Length": size });
  if (request.method === "HEAD") Object.assign(own, faults.head);
  const headers = Object.fromEntries(Object.entries(own).filter(([, text]) => text !== undefined));
  if (own["Location"] !== undefined) response.writeHead(307, headers as never).end();
  else if (request.method === "HEAD") response.writeHead(200, headers as never).end();
  else sendBody(fake, request, response, file);
}

function sendBody(
  { faults }: FakeHub,
  request: IncomingMessage,
  response: ServerResponse,
  file: HubFile,
): void {
  const bytes = Buffer.from(file.bytes);
  if (faults.spoils === true) bytes[bytes.length >> 1]! ^= 1;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  if (asked && faults.refusesRange === true) {
    response.writeHead(416).end();
    return;
  }
  const isPart = asked !== null && faults.ignoresRange !== true;
  const start = isPart ? Number(asked[1]) : 0;
  let body = bytes.subarray(start);
  const told = faults.wrongRange === true ? start - 1 : start;
  const range = `bytes ${told}-${bytes.length - 1}/${bytes.length}`;
  const length = body.length + (faults.lengthOff ?? 0);
  if (faults.extraBytes !== undefined) {
    body = Buffer.concat([body, Buffer.alloc(faults.extraBytes)]);
    response.writeHead(200, { "Transfer-Encoding": "chunked" });
  } else {
    response.writeHead(isPart ? 206 : 200, {
      "Content-Length": String(length),
      ...(isPart ? { "Content-Range": range } : {}),
    });
  }
  if (faults.breaks && faults.breaks.times-- > 0) {
    response.write(body.subarray(0, faults.breaks.after), () => response.destroy());
  } else if (faults.stalls === true) response.flushHeaders();
  else response.end(body);
}
