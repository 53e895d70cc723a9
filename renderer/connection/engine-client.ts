/** The engine as the page sees it: typed calls over a connection that comes back by itself. */
import { Client, type CallOptions } from "../../engine/protocol/connection.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import {
  requests,
  type EventOf,
  type PayloadInput,
  type Reply,
  type RequestKind,
} from "../../engine/protocol/messages.ts";
import { tokenRefusedCode, websocketPort, type SocketPort } from "./websocket-port.ts";

/** What the store needs of an engine; a test hands in a plain object. */
export interface Engine {
  call<K extends RequestKind>(
    kind: K,
    payload: PayloadInput<K>,
    options?: CallOptions<EventOf<K>>,
  ): Promise<Reply<K>>;
}

export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** `retryAt` is on the clock of Date.now(). */
  | { readonly kind: "lost"; readonly attempt: number; readonly retryAt: number }
  /** The token is wrong: trying again would not help. */
  | { readonly kind: "refused" };

const firstDelayMs = 300;
const longestDelayMs = 8000;

/** Milliseconds before the n-th attempt, counted from 1: doubling, to a limit. */
export function retryDelayMs(attempt: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
}

export class EngineClient implements Engine {
  private client: Client<typeof requests> | undefined;
  private attempt = 0;
  private isConnecting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: string,
    private readonly onState: (state: ConnectionState) => void,
    private readonly connect: (address: string) => SocketPort = (url) =>
      websocketPort(new WebSocket(url)),
  ) {}

  /** Connect now, also when the next attempt would be later. */
  open(): void {
    clearTimeout(this.timer);
    if (this.isConnecting || this.client) return;
    this.isConnecting = true;
    if (this.attempt === 0) this.onState({ kind: "connecting" });
    const port = this.connect(this.address);
    port.onClose(() => this.lose(port));
    const client = new Client(port, requests);
    port.opened.then(
      () => {
        this.client = client;
        this.isConnecting = false;
        this.attempt = 0;
        this.onState({ kind: "open" });
      },
      // The close listener above deals with it.
      () => {},
    );
  }

  call<K extends RequestKind>(
    kind: K,
    payload: PayloadInput<K>,
    options: CallOptions<EventOf<K>> = {},
  ): Promise<Reply<K>> {
    if (!this.client) {
      return Promise.reject(
        new EngineError("connection.lost", "The engine is not connected", {
          hint: "The page reconnects by itself.",
        }),
      );
    }
    return this.client.call(kind, payload, options);
  }

  private lose(port: SocketPort): void {
    this.client = undefined;
    this.isConnecting = false;
    clearTimeout(this.timer);
    if (port.closeCode() === tokenRefusedCode) {
      this.onState({ kind: "refused" });
      return;
    }
    this.attempt++;
    const delay = retryDelayMs(this.attempt);
    this.onState({ kind: "lost", attempt: this.attempt, retryAt: Date.now() + delay });
    this.timer = setTimeout(() => this.open(), delay);
  }
}
