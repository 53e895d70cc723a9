/** Losing and finding the engine, and the address it is found at. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  EngineClient,
  retryDelayMs,
  type ConnectionState,
} from "../../renderer/connection/engine-client.ts";
import { socketAddress } from "../../renderer/connection/socket-address.ts";
import type { SocketPort } from "../../renderer/connection/websocket-port.ts";

function fakeSocket() {
  let code = 0;
  let resolve = () => {};
  const closers: ((reason: string) => void)[] = [];
  const opened = new Promise<void>((done) => (resolve = done));
  const port: SocketPort = {
    opened,
    closeCode: () => code,
    post: () => {},
    onMessage: () => {},
    onClose: (listener) => void closers.push(listener),
    close: () => {},
  };
  const close = (closeCode: number) => {
    code = closeCode;
    for (const listener of closers) listener("gone");
  };
  return { port, open: () => resolve(), close };
}

describe("the engine's address", () => {
  const at = (search: string, hash = "", protocol = "http:") =>
    socketAddress({ protocol, host: "127.0.0.1:8080", search, hash });

  it("carries the token of the query, or of the fragment", () => {
    expect(at("?token=a%2Fb&probe=pca")).toBe("ws://127.0.0.1:8080/socket?token=a%2Fb");
    expect(at("?token=old", "#token=new")).toBe("ws://127.0.0.1:8080/socket?token=new");
    expect(at("", "", "https:")).toBe("wss://127.0.0.1:8080/socket?token=");
  });
});

describe("the engine client", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const start = () => {
    const sockets: ReturnType<typeof fakeSocket>[] = [];
    const states: ConnectionState[] = [];
    const client = new EngineClient(
      "ws://x",
      (state) => void states.push(state),
      () => {
        sockets.push(fakeSocket());
        return sockets.at(-1)!.port;
      },
    );
    client.open();
    return { client, sockets, states };
  };

  it("comes back by itself after the engine is lost, waiting longer each time", async () => {
    const { sockets, states } = start();
    sockets[0]!.open();
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]!.close(1006);
    await vi.advanceTimersByTimeAsync(retryDelayMs(1));
    sockets[1]!.close(1006);
    await vi.advanceTimersByTimeAsync(retryDelayMs(2) - 1);
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    sockets[2]!.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(states.map(({ kind }) => kind)).toEqual(["connecting", "open", "lost", "lost", "open"]);
    expect(retryDelayMs(2)).toBeGreaterThan(retryDelayMs(1));
    expect(retryDelayMs(50)).toBe(8000);
  });

  it("does not try again with a token that was refused", async () => {
    const { sockets, states } = start();
    sockets[0]!.close(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect(states.at(-1)).toEqual({ kind: "refused" });
  });

  it("asking to try now while an attempt is under way opens no second socket", () => {
    const { client, sockets } = start();
    client.open();
    expect(sockets).toHaveLength(1);
  });

  it("a call without a connection fails with the code that the page knows", async () => {
    const { client } = start();
    await expect(client.call("engine.info", {})).rejects.toMatchObject({ code: "connection.lost" });
  });
});
