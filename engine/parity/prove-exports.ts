/** Everything in an exported folder against its original: the parity card's numbers and its pictures. */
import { PreparedPrograms } from "../evaluation/similarity.ts";
import type { Executor } from "../executors/executor.ts";
import { shownCosine, type ExportParity, type ExportPrecision } from "../protocol/exporting.ts";
import type { InputSize } from "../protocol/view.ts";
import type { Control } from "../session/control.ts";
import { barOf, judge, type BarLimits } from "./bars.ts";
import { measureParity } from "./measure-parity.ts";
import { drawParity, type DrawnFigure, type ParityFigure } from "./parity-pictures.ts";
import type { ProofImages } from "./proof-images.ts";
import type { SeenTokens, TokenSource } from "./token-source.ts";

/** One export of a folder, not opened yet. */
export interface ExportToProve {
  readonly precision: ExportPrecision;
  /** What is loaded, from the folder. */
  readonly file: string;
  /** All that belongs to it, `file` first. */
  readonly names: readonly string[];
  open(): Promise<TokenSource>;
}

export interface ProofRequest extends Control {
  readonly exports: readonly ExportToProve[];
  readonly original: TokenSource;
  /** The original computed anew for its time; absent where it is not at hand. */
  readonly timed?: TokenSource | undefined;
  readonly images: ProofImages;
  readonly sizes: readonly InputSize[];
  readonly limits: BarLimits;
  /** Absent: nothing is drawn. */
  readonly figures?:
    { readonly model: ParityFigure["model"]; readonly executor: Executor } | undefined;
}

/** Of one export, before its files are described: what failed gets another name first. */
export type ProvedFile = Omit<ExportParity, "files"> & Pick<ExportToProve, "names">;

export interface Proof {
  readonly exports: readonly ProvedFile[];
  readonly figures: readonly DrawnFigure[];
}

/** So many pictures are drawn. */
const mostDrawn = 3;

/**
 * Exports are opened one after the other, so that no two of them are in memory at once.
 * @throws EngineError "cancelled"; as the sources, measureParity and the images
 */
export async function proveExports(request: ProofRequest): Promise<Proof> {
  const { exports, original, timed, images, sizes, limits, signal, progress } = request;
  const drawn = Math.min(images.count, mostDrawn);
  const proved: ProvedFile[] = [];
  const seen: SeenTokens[][] = Array.from({ length: drawn }, () => []);
  for (const [place, { precision, file, names, open }] of exports.entries()) {
    const exported = await open();
    try {
      const measured = await measureParity({
        original,
        exported,
        timed,
        images,
        sizes,
        drawn,
        onSeen: (index, tokens) => seen[index]!.push(tokens),
        signal,
        progress: (part) =>
          progress((place + part) / (exports.length + 0.1), `Comparing ${file} with the original`),
      });
      const bar = barOf(precision, limits);
      proved.push({
        precision,
        file,
        names,
        runtime: exported.runtime,
        bar,
        ...measured,
        ...judge(bar, measured.numbers),
      });
    } finally {
      await exported.dispose();
    }
  }
  return { exports: proved, figures: await drawFigures(request, proved, seen) };
}

async function drawFigures(
  { figures, images, sizes, original, signal }: ProofRequest,
  proved: readonly ProvedFile[],
  seen: readonly (readonly SeenTokens[])[],
): Promise<DrawnFigure[]> {
  if (!figures) return [];
  const programs = new PreparedPrograms(figures.executor);
  try {
    const drawn: DrawnFigure[] = [];
    for (const [index, exports] of seen.entries()) {
      const picture = await images.load(index);
      const figure: ParityFigure = {
        model: figures.model,
        picture,
        original: await original.see(picture, sizes[0]!, index),
        exports: proved.map(({ precision, numbers }, i) => ({
          title: `${precision}: median cosine ${shownCosine(numbers.cosine.median)}`,
          seen: exports[i]!,
        })),
      };
      drawn.push(await drawParity(figure, programs, signal));
    }
    return drawn;
  } finally {
    await programs.dispose();
  }
}
