/** A session that was chosen or dropped as a file: its text, if it is no longer than a session can be. */
import { largestSession } from "../../../engine/protocol/session-file.ts";
import type { SessionSource } from "../../store/session-state.ts";

/** @throws Error for a file that is larger than any session, or cannot be read */
export async function readSessionFile(file: File): Promise<SessionSource> {
  if (file.size > largestSession) {
    const most = largestSession / 2 ** 20;
    throw new Error(`${file.name}: expected a session, at most ${most} MB, received a larger file`);
  }
  return { text: await file.text(), name: file.name };
}
