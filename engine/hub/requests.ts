/**
 * Asking the Hub: redirects followed by hand, so that the token goes to the Hub alone; every answer
 * bounded in size and time; every failure in one sentence.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError, throwIfAborted } from "../protocol/errors.ts";
import { isConfidential, type HubAccess } from "./access.ts";
import { refusal, unreachable } from "./refusals.ts";
import type { Repository } from "./repository.ts";

export interface RequestLimits {
  /** Until the first byte of an answer, in milliseconds. */
  readonly headersMs: number;
  /** Between two pieces of an answer. */
  readonly stallMs: number;
  /** Before asking again after a failure that may pass; doubled each time. */
  readonly retryMs: number;
}

export const usualLimits: RequestLimits = { headersMs: 30_000, stallMs: 60_000, retryMs: 500 };

export interface Answer {
  readonly response: Response;
  /** What the Hub itself said on the way, redirects included; of two the later. */
  readonly headers: ReadonlyMap<string, string>;
  /** The pieces of the body. A stall or a lost connection throws, as does the caller's signal. */
  pieces(): AsyncGenerator<Uint8Array>;
}

interface Wish {
  readonly method: "GET" | "HEAD";
  /** Follow redirects to other hosts; a HEAD needs what the Hub says, not what its store says. */
  readonly isFollowed: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const attempts = 3;
const maxRedirects = 10;
/** A listing of a hundred thousand files; no repository of a model has as many. */
const maxJsonBytes = 2 ** 24;

export class HubRequests {
  private readonly home: URL;

  constructor(
    private readonly access: HubAccess,
    readonly repository: Repository,
    private readonly signal: AbortSignal,
    private readonly limits: RequestLimits = usualLimits,
  ) {
    this.home = new URL(access.endpoint);
  }

  /** @param path below the endpoint, encoded */
  async json(path: string): Promise<unknown> {
    const answer = await this.ask(path, {
      method: "GET",
      isFollowed: true,
      headers: { accept: "application/json" },
    });
    const parts: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const piece of answer.pieces()) {
        length += piece.length;
        if (length > maxJsonBytes) throw this.nonsense(`more than ${maxJsonBytes} bytes`);
        parts.push(piece);
      }
      return JSON.parse(Buffer.concat(parts).toString("utf8"));
    } catch (error) {
      // Not JSON at all, or nested beyond the parser's stack.
      if (error instanceof SyntaxError || error instanceof RangeError)
        throw this.nonsense("no JSON");
      throw error;
    }
  }

  /** What the Hub says about a file, without the file. */
  async head(path: string): Promise<ReadonlyMap<string, string>> {
    const { headers } = await this.ask(path, { method: "HEAD", isFollowed: false });
    return headers;
  }

  /** @param offset where the body is to begin; the server may begin at 0 all the same */
  async body(path: string, offset: number): Promise<Answer> {
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    return this.ask(path, { method: "GET", isFollowed: true, headers });
  }

  /** @throws EngineError "hub.damaged" for an answer that makes no sense */
  nonsense(received: string): EngineError {
    return new EngineError(
      "hub.damaged",
      `${this.access.endpoint}: expected what a Hub answers about ${this.repository.id}, received ${received}`,
      { hint: "Check --endpoint and HF_ENDPOINT; a proxy on the way may have answered instead." },
    );
  }

  private async ask(path: string, wish: Wish): Promise<Answer> {
    const what = `Getting ${this.repository.id}`;
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(this.signal, what);
      const isLast = attempt === attempts;
      let waitMs = this.limits.retryMs * 2 ** (attempt - 1);
      try {
        const answer = await this.follow(path, wish);
        const { status } = answer.response;
        // A HEAD that stops at the door of another host has what it came for.
        if (answer.response.ok || (status >= 300 && status < 400)) return answer;
        // 416 is for whoever asked for a part.
        if (status === 416 && wish.headers?.["range"] !== undefined) return answer;
        await discard(answer.response);
        const mayPass = status === 429 || status >= 500;
        if (!mayPass || isLast) throw refusal(answer.response, this.repository, this.access);
        const asked = 1000 * Number(answer.response.headers.get("retry-after") ?? 0);
        if (asked > 10_000) throw refusal(answer.response, this.repository, this.access);
        waitMs = Math.max(waitMs, asked || 0);
      } catch (error) {
        throwIfAborted(this.signal, what);
        if (error instanceof EngineError && !(error.code === "hub.unreachable" && isPassing(error)))
          throw error;
        if (isLast) throw error;
      }
      await sleep(waitMs, undefined, { signal: this.signal }).catch(() => {}); // Told above.
    }
  }

  private async follow(path: string, wish: Wish): Promise<Answer> {
    let url = new URL(`${this.access.endpoint}${path}`);
    const heard = new Map<string, string>();
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const { response, abort } = await this.send(url, wish);
      const isHub = url.origin === this.home.origin;
      if (isHub) for (const [name, text] of response.headers) heard.set(name, text);
      const location = response.headers.get("location");
      const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
      const next = isRedirect ? this.redirected(url, location) : undefined;
      const isTheEnd = !next || (!wish.isFollowed && next.origin !== this.home.origin);
      if (isTheEnd) {
        return { response, headers: heard, pieces: () => this.pieces(response, url, abort) };
      }
      await discard(response);
      // A length that came with a redirect is that of the redirect's own text.
      heard.delete("content-length");
      url = next;
    }
    throw this.nonsense(`more than ${maxRedirects} redirects, the last to ${url.host}`);
  }

  private redirected(from: URL, location: string): URL {
    if (!URL.canParse(location, from.href)) throw this.nonsense("a redirect that leads nowhere");
    const to = new URL(location, from);
    if (!/^https?:$/.test(to.protocol)) throw this.nonsense(`a redirect to ${to.protocol}`);
    if (from.protocol === "https:" && to.protocol !== "https:") {
      throw this.nonsense(`a redirect from https to http at ${to.host}`);
    }
    // A name and a password in an address would be sent along.
    to.username = to.password = "";
    return to;
  }

  private async send(url: URL, { method, headers = {} }: Wish) {
    const { token } = this.access;
    const isTrusted = url.origin === this.home.origin && isConfidential(url);
    const abort = new AbortController();
    const signal = AbortSignal.any([this.signal, abort.signal]);
    const timer = setTimeout(() => abort.abort(), this.limits.headersMs);
    try {
      const response = await fetch(url, {
        method,
        redirect: "manual",
        signal,
        headers: {
          "user-agent": "gramscope",
          // Lengths and ranges count bytes of the file itself.
          "accept-encoding": "identity",
          ...headers,
          ...(token && isTrusted ? { authorization: token.header() } : {}),
        },
      });
      return { response, abort };
    } catch (error) {
      throwIfAborted(this.signal, `Getting ${this.repository.id}`);
      throw unreachable(url.host, error, abort.signal.aborted ? this.limits.headersMs : undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  private async *pieces(
    response: Response,
    url: URL,
    abort: AbortController,
  ): AsyncGenerator<Uint8Array> {
    if (!response.body) return;
    const { stallMs } = this.limits;
    const timer = setTimeout(() => abort.abort(), stallMs);
    try {
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        // What had come before the cancellation is still handed out by the stream.
        throwIfAborted(this.signal, `Getting ${this.repository.id}`);
        timer.refresh();
        yield piece;
        timer.refresh();
      }
    } catch (error) {
      throwIfAborted(this.signal, `Getting ${this.repository.id}`);
      if (error instanceof EngineError) throw error;
      throw unreachable(url.host, error, abort.signal.aborted ? stallMs : undefined);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A name that does not resolve or a port that nobody listens on will not be there in a second. */
function isPassing({ cause }: EngineError): boolean {
  const code = (cause as { cause?: { code?: string } } | undefined)?.cause?.code ?? "";
  return !/^(ENOTFOUND|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(
    code,
  );
}

/** A connection whose answer nobody reads is not used again. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}
