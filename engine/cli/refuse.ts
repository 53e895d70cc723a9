/**
 * How the command line ends: 0 done, 2 the user's input is at fault, 1 a bug of
 * ours, 130 stopped by Ctrl-C as shells count it.
 */
import { EngineError, toWireError } from "../protocol/errors.ts";

/** Print what was thrown and set the exit code. One message, to the error stream. */
export function refuse(thrown: unknown, json: boolean): void {
  const isRefusal = thrown instanceof EngineError;
  const { code, message, hint } = toWireError(thrown);
  if (json) console.log(JSON.stringify({ error: { code, message, hint } }));
  else console.error(hint === undefined ? message : `${message}\n${hint}`);
  // A bug shows where it is.
  if (!isRefusal && thrown instanceof Error) console.error(thrown.stack);
  process.exitCode = !isRefusal ? 1 : thrown.code === "cancelled" ? 130 : 2;
}
