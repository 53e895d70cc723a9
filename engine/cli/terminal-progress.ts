/** Progress of long work on a terminal: one line that redraws itself, and Ctrl-C to cancel. */
import type { Control } from "../session/control.ts";

/** Work shorter than this is not worth a line, in milliseconds. */
const quietMs = 1000;

/** The first Ctrl-C cancels the work, a second ends the process. */
export function terminalProgress(): Control {
  const abort = new AbortController();
  process.once("SIGINT", () => {
    abort.abort();
  });
  const started = performance.now();
  let isShown = false;
  return {
    signal: abort.signal,
    progress: (fraction, label, remainingMs) => {
      const { stderr } = process;
      if (!stderr.isTTY || performance.now() - started < quietMs) return;
      const left =
        remainingMs === undefined ? "" : `, about ${Math.ceil(remainingMs / 1000)} s left`;
      stderr.write(`\r\x1b[K${Math.round(100 * fraction)} %  ${label}${left}`);
      if (!isShown) process.once("exit", () => stderr.write("\r\x1b[K"));
      isShown = true;
    },
  };
}
