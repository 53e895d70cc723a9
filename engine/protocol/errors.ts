/**
 * The one error that a user may see: a closed set of codes, a sentence that says what was expected,
 * what came and where, and a hint that says what to do. It crosses the wire unchanged.
 */

/** Every reason for which the program refuses something. The prefix names the part that refused. */
export const errorCodes = [
  "cancelled",
  "config.contradicts",
  "config.invalid",
  "connection.lost",
  "data.empty",
  "data.recorded",
  "disk.full",
  "executor.failed",
  "executor.unavailable",
  "hub.damaged",
  "hub.denied",
  "hub.missing",
  "hub.unreachable",
  "image.format",
  "image.size",
  "image.truncated",
  "internal",
  "memory",
  "model.unknown",
  "option.invalid",
  "parity.failed",
  "patch.range",
  "path.missing",
  "path.unreadable",
  "path.unwritable",
  "port.used",
  "protocol.invalid",
  "run.busy",
  "run.damaged",
  "run.exists",
  "run.missing",
  "run.version",
  "token.refused",
  "trace.kernel",
  "trace.random",
  "trace.read",
  "train.diverged",
  "train.fixed",
  "weights.extra",
  "weights.format",
  "weights.missing",
  "weights.shape",
  "weights.values",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An {@link EngineError} as plain data, for the wire and for `--json`. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A refusal that the user can act on. Anything else that is thrown is a bug of ours. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** What was thrown, as plain data. A bug keeps its message under the code "internal". */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof EngineError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: "internal",
    message: `internal: ${message}`,
    hint: "This is a bug in Gramscope; the engine's log has the details.",
  };
}

/** The other direction of {@link toWireError}. */
export function fromWireError(wire: WireError): EngineError {
  return new EngineError(wire.code, wire.message, { hint: wire.hint });
}

/** The error that every cancelled request ends with. */
export function cancelled(what: string): EngineError {
  return new EngineError("cancelled", `${what} was cancelled`);
}

/** Throws the "cancelled" error when the signal has fired. Call it between two pieces of work. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw cancelled(what);
}
