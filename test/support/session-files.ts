/** Sessions written by hand, over what comes with the program. */
import { writeFile } from "node:fs/promises";
import { sessionFile, type SessionFile } from "../../engine/protocol/session-file.ts";

/** Over the cat and the bundled model, all of it there. */
export async function writeSession(file: string, change: Partial<SessionFile>): Promise<void> {
  const session: SessionFile = {
    gramscope: "session",
    version: 1,
    program: "Gramscope test",
    written: "2026-01-01T00:00:00Z",
    view: "photograph=p1&model=m1",
    layout: { direction: "across", isSwapped: false, left: true, right: true, gram: false },
    photographs: [{ id: "p1", kind: "sample", name: "Chelsea the cat" }],
    models: [{ id: "m1", path: "box:scene-vit", name: "Scene ViT" }],
    ...change,
  };
  await writeFile(file, JSON.stringify(sessionFile.parse(session)));
}
