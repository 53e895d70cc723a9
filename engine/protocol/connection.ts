/**
 * Requests, replies, progress and cancellation over any two-way port: a WebSocket, a MessagePort or
 * a pair in memory. Knows nothing of what the messages mean.
 */
import { z } from "zod";
import {
  EngineError,
  cancelled,
  errorCodes,
  fromWireError,
  toWireError,
  type WireError,
} from "./errors.ts";
import { progress as progressSchema, type Progress, type RequestTable } from "./messages.ts";

/** The few members that a connection needs of a transport. Messages are plain data and bytes. */
export interface Port {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

const id = z.int().nonnegative();
const envelope = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("request"),
    id,
    kind: z.string(),
    payload: z.unknown(),
    /** A newer request of the same view overtakes this one. */
    view: z.string().max(128).optional(),
  }),
  z.object({ type: z.literal("reply"), id, payload: z.unknown() }),
  z.object({
    type: z.literal("error"),
    /** Absent where a message could not be read, so that no request is known. */
    id: id.optional(),
    error: z.object({
      code: z.enum(errorCodes),
      message: z.string(),
      hint: z.string().optional(),
    }),
  }),
  z.object({ type: z.literal("progress"), id, progress: progressSchema }),
  /** What a request brings before its reply. */
  z.object({ type: z.literal("event"), id, payload: z.unknown() }),
  z.object({ type: z.literal("cancel"), id }),
]);
type Envelope = z.infer<typeof envelope>;
const answerId = z.object({ type: z.enum(["reply", "error"]), id });

/** What a handler gets beside its payload. */
export interface Call<E = unknown> {
  /** Fires when the caller cancels, a newer request overtakes, or the connection closes. */
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** Send what the request's `event` schema describes. */
  emit(event: E): void;
}

type EventInput<T> = T extends { event: infer E extends z.ZodType } ? z.input<E> : never;
type EventOutput<T> = T extends { event: infer E extends z.ZodType } ? z.output<E> : never;

export type Handlers<T extends RequestTable> = {
  readonly [K in keyof T]: (
    payload: z.output<T[K]["payload"]>,
    call: Call<EventInput<T[K]>>,
  ) => z.input<T[K]["reply"]> | Promise<z.input<T[K]["reply"]>>;
};

/** Answer the requests that arrive at a port until it closes. */
export function serve<T extends RequestTable>(
  port: Port,
  table: T,
  handlers: Handlers<T>,
  onBug: (error: unknown) => void = () => {},
): void {
  const running = new Map<number, { abort: AbortController; view: string | undefined }>();

  const fail = (requestId: number | undefined, error: WireError) =>
    port.post({ type: "error", ...(requestId === undefined ? {} : { id: requestId }), error });

  const answer = async (request: Envelope & { type: "request" }) => {
    const entry = Object.hasOwn(table, request.kind) ? table[request.kind] : undefined;
    if (!entry) {
      const known = Object.keys(table).join(", ");
      throw new EngineError(
        "protocol.invalid",
        `message: expected one of ${known}; received "${request.kind}"`,
      );
    }
    if (running.has(request.id)) {
      throw new EngineError("protocol.invalid", `message: request id ${request.id} is in use`);
    }
    const payload = entry.payload.safeParse(request.payload);
    if (!payload.success) throw invalid(request.kind, payload.error);
    const abort = new AbortController();
    for (const other of running.values()) {
      if (request.view !== undefined && other.view === request.view) other.abort.abort();
    }
    running.set(request.id, { abort, view: request.view });
    let fraction = 0;
    try {
      const handler = handlers[request.kind as keyof T];
      const reply = await handler(payload.data as never, {
        signal: abort.signal,
        progress: (progress) => {
          if (abort.signal.aborted) return;
          fraction = Math.max(fraction, Math.min(1, progress.fraction));
          port.post({ type: "progress", id: request.id, progress: { ...progress, fraction } });
        },
        emit: (event: unknown) => {
          if (!abort.signal.aborted) port.post({ type: "event", id: request.id, payload: event });
        },
      });
      if (abort.signal.aborted) throw cancelled(request.kind);
      port.post({ type: "reply", id: request.id, payload: reply });
    } catch (error) {
      // Work that was called off may end in many ways; whoever asked is told the one that counts.
      if (abort.signal.aborted && error instanceof EngineError) throw cancelled(request.kind);
      throw error;
    } finally {
      running.delete(request.id);
    }
  };

  port.onMessage((message) => {
    const parsed = envelope.safeParse(message);
    if (!parsed.success) {
      fail(undefined, toWireError(invalid("message", parsed.error)));
      return;
    }
    const received = parsed.data;
    if (received.type === "cancel") {
      running.get(received.id)?.abort.abort();
    } else if (received.type === "request") {
      answer(received).catch((error: unknown) => {
        if (!(error instanceof EngineError)) onBug(error);
        fail(received.id, toWireError(error));
      });
    }
  });
  port.onClose(() => {
    for (const { abort } of running.values()) abort.abort();
  });
}

export interface CallOptions<E = unknown> {
  readonly signal?: AbortSignal | undefined;
  /** A newer call of the same view overtakes this one, which then ends as "cancelled". */
  readonly view?: string | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onEvent?: ((event: E) => void) | undefined;
}

interface Pending {
  resolve(payload: unknown): void;
  reject(error: unknown): void;
  onProgress: ((progress: Progress) => void) | undefined;
  onEvent: ((event: unknown) => void) | undefined;
}

/** The calling end of a connection. */
export class Client<T extends RequestTable> {
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private closed: string | undefined;

  constructor(
    private readonly port: Port,
    private readonly table: T,
  ) {
    port.onMessage((message) => this.receive(message));
    port.onClose((reason) => {
      this.closed = reason;
      for (const { reject } of this.pending.values()) reject(lost(reason));
      this.pending.clear();
    });
  }

  /** @throws EngineError whatever the other end refused with, "cancelled", or "connection.lost" */
  async call<K extends keyof T & string>(
    kind: K,
    payload: z.input<T[K]["payload"]>,
    { signal, view, onProgress, onEvent }: CallOptions<EventOutput<T[K]>> = {},
  ): Promise<z.output<T[K]["reply"]>> {
    if (this.closed !== undefined) throw lost(this.closed);
    if (signal?.aborted === true) throw cancelled(kind);
    const requestId = this.nextId++;
    const cancel = () => {
      this.pending.get(requestId)?.reject(cancelled(kind));
      this.pending.delete(requestId);
      this.port.post({ type: "cancel", id: requestId });
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const reply = await new Promise<unknown>((resolve, reject) => {
        const schema = this.table[kind]!.event;
        this.pending.set(requestId, {
          resolve,
          reject,
          onProgress,
          onEvent:
            onEvent &&
            ((event) => {
              const parsed = schema?.safeParse(event);
              // What cannot be read comes of a newer engine, and is not what this page can show.
              if (parsed?.success) onEvent(parsed.data as EventOutput<T[K]>);
            }),
        });
        this.port.post({
          type: "request",
          id: requestId,
          kind,
          payload,
          ...(view === undefined ? {} : { view }),
        });
      });
      const parsed = this.table[kind]!.reply.safeParse(reply);
      if (!parsed.success) throw invalid(`reply to ${kind}`, parsed.error);
      return parsed.data as z.output<T[K]["reply"]>;
    } finally {
      this.pending.delete(requestId);
      signal?.removeEventListener("abort", cancel);
    }
  }

  close(): void {
    this.port.close();
  }

  private receive(message: unknown): void {
    const parsed = envelope.safeParse(message);
    if (!parsed.success) {
      // An answer that cannot be read ends its call; what else is beyond the protocol is newer.
      const answer = answerId.safeParse(message);
      if (answer.success) {
        this.pending.get(answer.data.id)?.reject(invalid("answer", parsed.error));
      }
      return;
    }
    const received = parsed.data;
    if (received.type === "request" || received.type === "cancel") return;
    if (received.id === undefined) return;
    const pending = this.pending.get(received.id);
    if (!pending) return; // Late reply to a cancelled call.
    if (received.type === "reply") pending.resolve(received.payload);
    else if (received.type === "error") pending.reject(fromWireError(received.error));
    else if (received.type === "event") pending.onEvent?.(received.payload);
    else pending.onProgress?.(received.progress);
  }
}

function lost(reason: string): EngineError {
  return new EngineError("connection.lost", `The engine cannot be reached: ${reason}`, {
    hint: "Check that it is still running; the page reconnects by itself.",
  });
}

function invalid(where: string, error: z.ZodError): EngineError {
  const issue = error.issues[0];
  const path = issue && issue.path.length > 0 ? ` at ${issue.path.join(".")}` : "";
  return new EngineError("protocol.invalid", `${where}${path}: ${issue?.message ?? "invalid"}`);
}
