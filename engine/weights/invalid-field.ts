/** What zod refused of a file, as an error for people. */
import type { z } from "zod";
import { EngineError } from "../protocol/errors.ts";

/** The first field that zod refused, as one sentence. */
export function invalidField(path: string, error: z.ZodError): EngineError {
  const issue = error.issues[0];
  const field = issue && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  return new EngineError("config.invalid", `${path}: ${field}${issue?.message ?? "invalid"}`);
}
