/** What an export is proved on and what it must reach: typed as text, and read here. */
import type { ExportPrecision, ExportWishInput } from "../../engine/protocol/exporting.ts";
import { readWhole, wholeProblem, type WholeNumber } from "./measure-numbers.ts";

/** Numbers as they are typed. */
export interface ProofForm {
  readonly images: "scenes" | "samples" | "folder";
  readonly imagesFolder: string;
  readonly limit: string;
  /** Short side of the pictures in pixels; "": the model's own size and one that is no square. */
  readonly size: string;
  /** Where a precision has none, or "", its usual bar counts. */
  readonly bars: Readonly<Partial<Record<ExportPrecision, string>>>;
}

export const firstProof: ProofForm = {
  images: "scenes",
  imagesFolder: "",
  limit: "4",
  size: "",
  bars: {},
};

/** The engine's ranges (engine/protocol/exporting.ts). */
export const proofNumbers = {
  limit: { title: "At most", min: 1, max: 1024 },
  size: { title: "Size", min: 16, max: 4096 },
} as const satisfies Record<string, WholeNumber>;

interface Problem {
  readonly problem: string;
}

/** @param samplesFolder the photographs in the box; undefined until the engine has said */
export function readProofImages(
  { images, imagesFolder, limit: limitText, size: sizeText }: ProofForm,
  samplesFolder: string | undefined,
): Pick<ExportWishInput, "images" | "limit" | "sizes"> | Problem {
  const places = { scenes: "scenes", samples: samplesFolder ?? "", folder: imagesFolder.trim() };
  const place = places[images];
  if (place === "") return { problem: "Give a folder of images." };
  const limit = readWhole(limitText, proofNumbers.limit);
  if (limit === undefined) return { problem: wholeProblem(limitText, proofNumbers.limit) };
  const size = sizeText.trim();
  if (size !== "" && readWhole(size, proofNumbers.size) === undefined) {
    const problem = wholeProblem(size, proofNumbers.size);
    return { problem: `${problem} Or nothing for the model's own.` };
  }
  return { images: place, limit, ...(size === "" ? {} : { sizes: [size] }) };
}

/** @returns undefined for text that is no limit: a number above 0, up to 1 */
export function readBar(text: string): number | undefined {
  const value = Number(text.trim());
  return text.trim() !== "" && value > 0 && value <= 1 ? value : undefined;
}

/** @param precisions whose bars count */
export function readBars(
  { bars }: Pick<ProofForm, "bars">,
  precisions: readonly ExportPrecision[],
): Pick<ExportWishInput, "bars"> | Problem {
  const read: Partial<Record<ExportPrecision, number>> = {};
  for (const one of precisions) {
    const text = bars[one]?.trim() ?? "";
    if (text === "") continue;
    const limit = readBar(text);
    if (limit === undefined) {
      const problem = `Bar of ${one}: expected a number above 0, up to 1, received “${text.slice(0, 30)}”.`;
      return { problem };
    }
    read[one] = limit;
  }
  return Object.keys(read).length === 0 ? {} : { bars: read };
}
