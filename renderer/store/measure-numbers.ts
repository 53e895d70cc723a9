/** Numbers of the forms for measuring: kept as they were typed, so that nothing typed is lost, and read here. */

export interface WholeNumber {
  readonly title: string;
  readonly min: number;
  readonly max: number;
}

const lastSeed = 2 ** 32 - 1;

/** The engine's ranges (engine/protocol/measuring.ts). */
export const compareNumbers = {
  limit: { title: "At most", min: 2, max: 10_000 },
  size: { title: "Size", min: 64, max: 2048 },
  seed: { title: "Seed", min: 0, max: lastSeed },
} as const satisfies Record<string, WholeNumber>;

export const probeNumbers = {
  size: { title: "Size", min: 16, max: 4096 },
  train: { title: "Train on", min: 0, max: 100_000 },
  test: { title: "Test on", min: 1, max: 100_000 },
  seed: { title: "Seed", min: 0, max: lastSeed },
} as const satisfies Record<string, WholeNumber>;

/** @returns undefined for text that is no such number */
export function readWhole(text: string, { min, max }: WholeNumber): number | undefined {
  const plain = text.trim().replace(/(?<=\d)[_,](?=\d{3}\b)/g, "");
  if (!/^\d{1,15}$/.test(plain)) return undefined;
  const value = Number(plain);
  return value >= min && value <= max ? value : undefined;
}

export function wholeProblem(text: string, { title, min, max }: WholeNumber): string {
  const received = text.trim() === "" ? "nothing" : `“${text.trim().slice(0, 30)}”`;
  const [from, to] = [min, max].map((end) => end.toLocaleString("en-US"));
  return `${title}: expected a whole number from ${from} to ${to}, received ${received}.`;
}
