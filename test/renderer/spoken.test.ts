/** What the page says to those who do not see it: each thing once, and nothing of what is over at once. */
import { describe, expect, it } from "vitest";
import { Spoken } from "../../renderer/panels/spoken.ts";
import type { Activity, Notice } from "../../renderer/store/activity-state.ts";

const work = (id: number, label: string, fraction?: number): Activity => ({
  id,
  label,
  fraction,
  remainingMs: undefined,
  startedAt: 0,
  cancel: () => {},
});
const notice = (id: number, tone: Notice["tone"], message: string, hint?: string): Notice => ({
  id,
  tone,
  message,
  hint,
});
const rest = { activities: [], notices: [], status: undefined };

describe("what is said", () => {
  it("long work when it begins, at each quarter, and when it ends, by its first name", () => {
    const spoken = new Spoken();
    const at = (ms: number, label: string, fraction?: number) =>
      spoken.next({ ...rest, activities: [work(1, label, fraction)] }, ms);
    expect(at(0, "Computing features")).toEqual([]);
    expect(at(1000, "Computing features", 0.1)).toEqual(["Computing features"]);
    expect(at(1100, "Block 3 of 6", 0.24)).toEqual([]);
    expect(at(1200, "Block 4 of 6", 0.6)).toEqual(["Computing features: 50 %"]);
    expect(at(1300, "Block 4 of 6", 0.7)).toEqual([]);
    expect(at(1400, "Block 6 of 6", 1)).toEqual([]);
    expect(spoken.next(rest, 1500)).toEqual(["Computing features: ended"]);
    expect(spoken.next(rest, 1600)).toEqual([]);
  });

  it("nothing of work that is over before", () => {
    const spoken = new Spoken();
    expect(spoken.next({ ...rest, activities: [work(1, "A thumbnail")] }, 900)).toEqual([]);
    expect(spoken.next(rest, 1100)).toEqual([]);
  });

  it("notes once and with what to do; errors are alerts of their own", () => {
    const spoken = new Spoken();
    const first = [
      notice(4, "note", "It is gone.", "Open another."),
      notice(5, "error", "Broken."),
    ];
    expect(spoken.next({ ...rest, notices: first }, 0)).toEqual(["It is gone. Open another."]);
    expect(spoken.next({ ...rest, notices: first }, 1)).toEqual([]);
    const more = [...first, notice(6, "note", "And this.")];
    expect(spoken.next({ ...rest, notices: more }, 2)).toEqual(["And this."]);
  });
});
