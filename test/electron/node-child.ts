/** A plain Node process where the window has one of Electron's; and a record of what was reported. */
import { spawn, type ChildProcess } from "node:child_process";
import type { EngineState } from "../../electron/desktop.ts";
import type { EngineOptions } from "../../electron/engine-process.ts";

/** @param onChild is told of each process that is started */
export function nodeLaunch(
  entry: string,
  onChild: (child: ChildProcess) => void = () => {},
): EngineOptions["launch"] {
  return (args, environment) => {
    const child = spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    onChild(child);
    return {
      stdout: child.stdout,
      stderr: child.stderr,
      onExit: (listener) =>
        void child.once("close", (code, signal) =>
          listener(code ?? undefined, signal ?? undefined),
        ),
      terminate: () => void child.kill("SIGTERM"),
      kill: () => void child.kill("SIGKILL"),
    };
  };
}

type Kind = EngineState["kind"];
type Of<K extends Kind> = Extract<EngineState, { kind: K }>;

/** States in the order in which they came; each is waited for once. */
export class StateLog {
  readonly kinds: Kind[] = [];
  private readonly unread: EngineState[] = [];
  private wake: () => void = () => {};

  readonly add = (state: EngineState): void => {
    this.kinds.push(state.kind);
    this.unread.push(state);
    this.wake();
  };

  /** The next state of this kind; those before it are passed over. */
  async next<K extends Kind>(kind: K, limitMs = 30_000): Promise<Of<K>> {
    const limit = Date.now() + limitMs;
    for (;;) {
      const state = this.unread.shift();
      if (state?.kind === kind) return state as Of<K>;
      if (state) continue;
      if (Date.now() > limit)
        throw new Error(`no "${kind}" in ${limitMs} ms: ${this.kinds.join()}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  }
}
