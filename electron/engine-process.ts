/**
 * The life of the engine: started as a process of its own, kept at one address, started again when
 * it dies, ended with the window. How a process is made is handed in, so nothing here is Electron's.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { EngineState } from "./desktop.ts";
import { adviceFor, describeEnd } from "./engine-advice.ts";

/** A started process, whoever started it. */
export interface EngineChild {
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  /** At most once, after its output has ended. `code` is absent where a signal ended it. */
  onExit(listener: (code: number | undefined, signal?: string) => void): void;
  /** Ask it to end. */
  terminate(): void;
  /** End it, whatever it does. */
  kill(): void;
}

export interface EngineOptions {
  /** The built engine, dist/engine/main.js. */
  readonly entry: string;
  /** Start `entry`; `environment` comes on top of this process's own. */
  readonly launch: (args: readonly string[], environment: Record<string, string>) => EngineChild;
  /** More options for `gramscope serve`, as the person gave them. */
  readonly serveOptions?: readonly string[];
  readonly onState: (state: EngineState) => void;
  /** Every line that the engine writes to its error stream. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds before the first, second and third start anew within a minute. */
  readonly backOffMs?: readonly number[];
  readonly startLimitMs?: number;
  /** Milliseconds between asking it to end and ending it. */
  readonly graceMs?: () => number | undefined;
}

const backOffMs = [200, 1000, 4000];
const backOffWindowMs = 60_000;
const startLimitMs = 60_000;
const graceMs = 3000;
const keptLines = 50;

/** The one line of `gramscope serve --json`. */
type Answer =
  | { readonly url: string; readonly port: number }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint?: string } };

/** One process, from its start to its end. */
interface Life {
  readonly child: EngineChild;
  readonly lastWords: string[];
  readonly ended: Promise<void>;
  answer?: Answer;
  isLate?: true;
}

export class EngineProcess {
  state: EngineState = { kind: "stopped" };
  /** The last lines that the running or the last engine wrote, oldest first. */
  lastWords: readonly string[] = [];
  private life: Life | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopping = false;
  private deaths: number[] = [];
  /** Kept from life to life, so that the page finds the engine where it was. */
  private readonly token = randomBytes(18).toString("base64url");
  private port: number | undefined;

  constructor(private readonly options: EngineOptions) {}

  /** Start it unless it runs; a person who asks for it also ends the counting of failures. */
  start(): void {
    clearTimeout(this.timer);
    this.isStopping = false;
    this.deaths = [];
    if (!this.life) this.launch();
  }

  /** Resolves when there is no process any more. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.isStopping = true;
    const { life } = this;
    if (life) {
      const limitMs = this.options.graceMs?.() ?? graceMs;
      life.child.terminate();
      const force = setTimeout(() => life.child.kill(), limitMs);
      // A process whose end is never reported must not keep the program from ending.
      const giveUp = new AbortController();
      const noReport = delay(limitMs + 2000, undefined, giveUp).catch(() => {});
      await Promise.race([life.ended, noReport]);
      giveUp.abort();
      clearTimeout(force);
    }
    this.become({ kind: "stopped" });
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  private launch(): void {
    const { entry, launch, serveOptions = [] } = this.options;
    if (!existsSync(entry)) {
      this.fail(`The engine is missing: there is no file ${entry}`, [], reinstall);
      return;
    }
    this.become({ kind: "starting" });
    const address = this.port === undefined ? [] : ["--port", String(this.port)];
    // The last of an option that is given twice counts: on a restart ours.
    const args = ["serve", ...serveOptions, ...address, "--json", "--parent", String(process.pid)];
    let child: EngineChild;
    try {
      // In the environment, because every user of the machine can read a command line.
      child = launch(args, { GRAMSCOPE_TOKEN: this.token });
    } catch (error) {
      this.fail(`The engine's process could not be started: ${String(error)}`, [], reinstall);
      return;
    }
    this.attend(child);
  }

  private attend(child: EngineChild): void {
    const lastWords: string[] = [];
    this.lastWords = lastWords;
    const late = setTimeout(() => {
      life.isLate = true;
      child.kill();
    }, this.options.startLimitMs ?? startLimitMs);
    const ended = new Promise<void>((resolve) => {
      child.onExit((code, signal) => {
        clearTimeout(late);
        this.life = undefined;
        if (!this.isStopping) this.mourn(life, code, signal);
        resolve();
      });
    });
    const life: Life = { child, lastWords, ended };
    this.life = life;
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastWords.push(line);
      if (lastWords.length > keptLines) lastWords.shift();
      this.options.onLine?.(line);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (life.answer) return;
      const answer = parseAnswer(line);
      if (!answer) return;
      life.answer = answer;
      clearTimeout(late);
      if (!("url" in answer) || this.isStopping) return;
      this.port = answer.port;
      this.become({ kind: "running", url: answer.url });
    });
  }

  /** It ended, and nobody had asked it to. */
  private mourn({ answer, lastWords, isLate }: Life, code?: number, signal?: string): void {
    const wasRunning = this.state.kind === "running";
    if (answer && "error" in answer) {
      const { error } = answer;
      if (error.code === "port.used" && this.port !== undefined) {
        // Somebody took our port while it was free. Any other will do, and the window moves there.
        this.port = undefined;
        this.launch();
      } else {
        // It refused its options: the same again would end the same.
        this.fail(`The engine does not start: ${error.message}`, lastWords, error.hint ?? "");
      }
      return;
    }
    const how = isLate ? "it gave no sign of life in time" : describeEnd(code, signal);
    const reason = `The engine ${wasRunning ? "stopped" : "does not start"}: ${how}`;
    const hint = adviceFor(lastWords, signal);
    const now = Date.now();
    this.deaths = [...this.deaths.filter((death) => now - death < backOffWindowMs), now];
    const inMs = (this.options.backOffMs ?? backOffMs)[this.deaths.length - 1];
    if (inMs === undefined) {
      this.fail(`${reason}. It ended ${this.deaths.length} times in a minute`, lastWords, hint);
      return;
    }
    this.become({ kind: "restarting", reason, hint, lastWords: [...lastWords], inMs });
    this.timer = setTimeout(() => this.launch(), inMs);
  }

  private fail(reason: string, lastWords: readonly string[], hint: string): void {
    this.become({ kind: "failed", reason, hint, lastWords: [...lastWords] });
  }

  private become(state: EngineState): void {
    this.state = state;
    this.options.onState(state);
  }
}

const reinstall = "Install Gramscope again; in a checkout, run npm run build.";

function parseAnswer(line: string): Answer | undefined {
  try {
    const answer = JSON.parse(line) as Partial<Record<"url" | "port" | "error", unknown>> | null;
    const isAddress = typeof answer?.url === "string" && typeof answer.port === "number";
    const isRefusal = typeof answer?.error === "object" && answer.error !== null;
    return isAddress || isRefusal ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}
