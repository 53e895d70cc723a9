/** The door of the engine: who is let in, and what strangers and broken messages can do. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { decodeFrame, encodeFrame } from "../../engine/protocol/frame.ts";
import {
  openSocket,
  samples,
  socketAddress,
  startEngine,
  type RunningEngine,
} from "../support/running-engine.ts";

let engine: RunningEngine;
let address: string;
let photograph: Uint8Array;
beforeAll(async () => {
  engine = await startEngine();
  address = socketAddress(engine.server.url);
  photograph = await readFile(path.join(samples, "chelsea.jpg"));
});
afterAll(() => engine.close());

/** The engine answers, so nothing that went before has ended it. */
async function expectAlive(): Promise<void> {
  const { client } = await engine.connect();
  const bytes = { dtype: "uint8", shape: [photograph.length], data: photograph } as const;
  const info = await client.call("image.open", { name: "chelsea.jpg", bytes });
  expect(info).toMatchObject({ width: 451, height: 300, format: "jpeg" });
  client.close();
}

/** A connection that says what it likes. */
async function connectRaw(head: string, ...more: Uint8Array[]): Promise<net.Socket> {
  const socket = net.connect(engine.server.port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  socket.write(Buffer.concat([Buffer.from(head), ...more]));
  return socket;
}

function upgrade(target: string): string {
  return [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${engine.server.port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n");
}

/** A message as a client's binary WebSocket frame, masked with zeros. */
function maskedFrame(message: unknown): Uint8Array {
  const payload = encodeFrame(message);
  const head = Buffer.from([0x82, 0xfe, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

describe("HTTP", () => {
  const get = (where: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; headers: http.IncomingHttpHeaders; body: string }>(
      (resolve, reject) => {
        const { port } = engine.server;
        const request = http.get({ host: "127.0.0.1", port, path: where, headers }, (response) => {
          let body = "";
          response.on("data", (chunk) => (body += String(chunk)));
          response.on("end", () =>
            resolve({ status: response.statusCode, headers: response.headers, body }),
          );
        });
        request.on("error", reject);
      },
    );

  test("the address that is printed leads to the page, which may load nothing from elsewhere", async () => {
    const { pathname, search } = new URL(engine.server.url);
    const page = await get(pathname + search);
    expect(page.status).toBe(200);
    expect(page.body).toContain("<title>Gramscope</title>");
    expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
    expect(page.headers["referrer-policy"]).toBe("no-referrer");
  });

  test("a name that is not this machine's is turned away: DNS rebinding", async () => {
    const { port } = engine.server;
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "x@y"]) {
      expect((await get("/", { host })).status, host).toBe(403);
    }
    // The local end of a tunnel may have another port.
    for (const host of ["localhost:9000", "127.0.0.1:1", "[::1]:4747"]) {
      expect((await get("/", { host })).status, host).toBe(200);
    }
  });

  test("what is not there is not found, and nothing outside the page is", async () => {
    for (const where of ["/nothing.js", "/../package.json", "/%2e%2e/package.json", "/%ff"]) {
      expect((await get(where)).status, where).toBe(404);
    }
  });
});

describe("the socket", () => {
  test.each([
    ["a wrong token", (url: string) => url.replace(/token=.*/, "token=guess")],
    ["no token", (url: string) => url.replace(/\?.*/, "")],
    [
      "a token of the right length",
      (url: string) => url.replace(/.$/, (c) => (c === "A" ? "B" : "A")),
    ],
  ])("with %s is closed with code 4401, and nothing it sends is heard", async (_, change) => {
    const socket = await openSocket(change(address));
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(4401);

    const { client } = await engine.connect();
    const open = async () =>
      Number((await client.call("image.sample", { name: "Grass" })).id.replace("i", ""));
    const before = await open();
    // A stranger that does not wait to be let in: its request is in the same packet.
    const request = { type: "request", id: 0, kind: "image.sample", payload: { name: "Grass" } };
    const url = change(address);
    const stranger = await connectRaw(
      upgrade(url.slice(url.indexOf("/socket"))),
      maskedFrame(request),
    );
    await once(stranger, "data");
    // Ids count up: a photograph that the stranger opened would have taken one.
    expect(await open()).toBe(before + 1);
    stranger.destroy();
    client.close();
  });

  test.each<[string, string, Record<string, string>]>([
    ["a foreign origin", "", { origin: "https://evil.example" }],
    ["an origin that is none", "", { origin: "null" }],
    ["this machine's name with another port as origin", "", { origin: "http://127.0.0.1:1" }],
    ["a foreign name", "", { host: "evil.example" }],
    [
      "a foreign name that its origin agrees with",
      "",
      { host: "evil.example", origin: "http://evil.example" },
    ],
    ["another path", "/elsewhere", {}],
  ])("from %s is refused with 403", async (_, where, headers) => {
    const url = where === "" ? address : address.replace("/socket", where);
    const socket = new WebSocket(url, { headers });
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("403");
  });

  test("from the page's own origin is let in", async () => {
    const { port } = engine.server;
    const socket = await openSocket(address, { origin: `http://127.0.0.1:${port}` });
    socket.terminate();
    // The far end of a tunnel: localhost with a port of its own, on both.
    const headers = { host: "localhost:9000", origin: "http://localhost:9000" };
    (await openSocket(address, { headers })).terminate();
  });

  test("answers text and garbage with protocol.invalid, and goes on", async () => {
    const socket = await openSocket(address);
    const answers: unknown[] = [];
    socket.on("message", (data: Buffer) => answers.push(decodeFrame(data)));
    const broken = [
      "hello",
      JSON.stringify({ type: "request", id: 1, kind: "engine.info", payload: {} }),
      Buffer.from("garbage, and more of it"),
      Buffer.alloc(0),
      Buffer.alloc(1 << 20, "["),
      encodeFrame({ type: "request" }),
      encodeFrame(null),
    ];
    for (const message of broken) socket.send(message);
    await expect.poll(() => answers.length).toBe(broken.length);
    for (const answer of answers) {
      expect(answer).toMatchObject({ type: "error", error: { code: "protocol.invalid" } });
    }
    expect(answers[0]).toMatchObject({
      error: { message: "message: expected a binary frame, received text" },
    });
    const request = { type: "request", id: 5, kind: "image.sample", payload: { name: "Grass" } };
    socket.send(encodeFrame(request));
    await expect.poll(() => answers.at(-1)).toMatchObject({ type: "reply", id: 5 });
    socket.terminate();
  });

  test("a request that breaks its schema is told by field, and the connection goes on", async () => {
    const { client } = await engine.connect();
    const ask = (payload: unknown) => client.call("probe.run", payload as never);
    await expect(ask({ features: {}, call: {} })).rejects.toMatchObject({
      code: "protocol.invalid",
      message: expect.stringMatching(/^probe\.run at features\.model: /) as string,
    });
    const bytes = { dtype: "uint8", shape: [10], data: new Uint8Array(3) } as const;
    await expect(client.call("image.open", { name: "x", bytes })).rejects.toMatchObject({
      code: "protocol.invalid",
      message: expect.stringContaining("image.open at bytes") as string,
    });
    expect(await client.call("image.sample", { name: "Grass" })).toMatchObject({ name: "Grass" });
    client.close();
  });
});

describe("a stranger cannot end the engine", () => {
  test.each(["//", "http://[", "/%", "/socket?token=%ff", "*"])(
    "by asking for an upgrade of %s",
    async (target) => {
      const socket = await connectRaw(upgrade(target));
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 (101|400|403) /);
      socket.destroy();
      await expectAlive();
    },
  );

  test("by resetting the connection while it is refused", async () => {
    for (let i = 0; i < 20; i++) (await connectRaw(upgrade("/elsewhere"))).resetAndDestroy();
    await expectAlive();
  });

  test("by breaking the WebSocket protocol behind a wrong token", async () => {
    const socket = await connectRaw(upgrade("/socket?token=guess"));
    // A frame of a reserved kind, unmasked.
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]));
    await once(socket.resume(), "end");
    await expectAlive();
  });

  test("by breaking it behind the right token", async () => {
    const socket = await connectRaw(upgrade(address.slice(address.indexOf("/socket"))));
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]));
    await once(socket.resume(), "end");
    await expectAlive();
  });
});

describe("listening", () => {
  test("a port in use is told as such", async () => {
    const { port } = engine.server;
    await expect(startEngine({ port })).rejects.toMatchObject({
      code: "port.used",
      message: `Port ${port} of 127.0.0.1 is in use`,
      hint: expect.stringContaining("--port") as string,
    });
    await expectAlive();
  });

  test.each(["203.0.113.7", "no-such-host.invalid"])(
    "an address that is not this machine's is refused: %s",
    async (host) => {
      await expect(startEngine({ host })).rejects.toMatchObject({
        code: "option.invalid",
        message: `host: ${host} is not an address of this machine`,
      });
    },
  );

  test("any token can be part of the address, and every address is printed as one that works", async () => {
    const other = await startEngine({ host: "0.0.0.0", token: "a b&c=d/ü#" });
    try {
      expect(new URL(other.server.url).hostname).toBe("127.0.0.1");
      const { client } = await other.connect();
      expect(await client.call("image.sample", { name: "Grass" })).toMatchObject({ name: "Grass" });
    } finally {
      await other.close();
    }
  });
});
