import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { removeCheckpoints, stepsToRemove } from "../../engine/runs/retention.ts";
import { removeFolder, temporaryFolder } from "./small-state.ts";

describe("of the checkpoints", () => {
  test.each([
    { present: [], keepLast: 3, keepEvery: 0, removed: [] },
    { present: [100, 200, 300], keepLast: 3, keepEvery: 0, removed: [] },
    { present: [100, 200, 300, 400], keepLast: 3, keepEvery: 0, removed: [100] },
    { present: [400, 100, 300, 200], keepLast: 1, keepEvery: 0, removed: [100, 200, 300] },
    { present: [100, 200, 300, 400, 450], keepLast: 2, keepEvery: 200, removed: [100, 300] },
    { present: [0, 100, 200], keepLast: 1, keepEvery: 1000, removed: [100] },
    { present: [7, 8, 9], keepLast: 1, keepEvery: 1, removed: [] },
    // Whatever was asked for, a run keeps what it resumes from.
    { present: [1, 2], keepLast: 0, keepEvery: 0, removed: [1] },
  ])("$present, the last $keepLast and every $keepEvery: $removed go", (row) => {
    expect(stepsToRemove(row.present, row)).toEqual(row.removed);
  });
});

test("removed checkpoints are gone, and one that was gone already is no matter", async () => {
  const folder = await temporaryFolder();
  try {
    const checkpoints = join(folder, "checkpoints");
    for (const name of ["step-000100", "step-000200", "step-1000000"]) {
      await mkdir(join(checkpoints, name, "teacher"), { recursive: true });
    }
    await removeCheckpoints({ folder }, [50, 100, 1_000_000]);
    expect(await readdir(checkpoints)).toEqual(["step-000200"]);
  } finally {
    await removeFolder(folder);
  }
});
