/** What a disk says when it will not take more of a run. */
import { diskRefusal } from "../files/disk-refusal.ts";

/** {@link diskRefusal}, with what to do about a run. */
export function runRefusal(path: string, error: unknown): unknown {
  return diskRefusal(path, error, {
    full: "Make room, or lower keepLast; what was saved before is untouched, and the run resumes from it.",
  });
}
