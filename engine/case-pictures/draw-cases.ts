/** The best, median and worst cases of a probe as pictures that a person can read. */
import { probes, type CataloguedProbe } from "../evaluation/catalog.ts";
import type { ProbeName, ProbeReport, ReportedCase } from "../evaluation/probe-report.ts";
import type { LabelledSet, Task } from "../labels/labelled.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import { knnCase, linearCase } from "./classified-cases.ts";
import { depthCase, fewShotCase, segmentationCase } from "./dense-cases.ts";
import { drawFigure } from "./figure.ts";
import { correspondenceCase, discoveryCase, trackingCase } from "./matched-cases.ts";
import { figureOf, type Shown } from "./shown-case.ts";

/** What a probe measured, and on what. */
export interface Drawable {
  readonly report: ProbeReport;
  /** One for each of the report's cases, in their order, as the probe gave them. */
  readonly drawings: readonly unknown[];
  readonly set: LabelledSet<Task>;
}

export interface CasePictureFile {
  /** Index into the report's cases. */
  readonly case: number;
  /** "best-1.png": the place, and the how manieth of it. */
  readonly name: string;
  /** A PNG file. */
  readonly png: Uint8Array;
  readonly caption: string;
}

/** The set and the drawing are those of the probe: it was measured on the one and gave the other. */
type Draw = (set: never, index: number, drawing: never, report: ProbeReport) => Promise<Shown>;

const draws: Readonly<Record<ProbeName, Draw>> = {
  knn: knnCase,
  linear: linearCase,
  segmentation: segmentationCase,
  depth: depthCase,
  correspondence: correspondenceCase,
  discovery: discoveryCase,
  tracking: trackingCase,
  "few-shot": fewShotCase,
};

/** @throws EngineError "cancelled" between two; what loading an item throws */
export async function drawCases(
  { report, drawings, set }: Drawable,
  signal?: AbortSignal,
): Promise<CasePictureFile[]> {
  const { title }: CataloguedProbe = probes[report.probe];
  const pictures: CasePictureFile[] = [];
  const counted = new Map<ReportedCase["place"], number>();
  for (const [i, own] of report.cases.entries()) {
    throwIfAborted(signal, "Drawing the cases");
    const shown = await draws[report.probe](set as never, own.index, drawings[i] as never, report);
    const figure = figureOf(shown, title, report, own);
    const count = (counted.get(own.place) ?? 0) + 1;
    counted.set(own.place, count);
    pictures.push({
      case: i,
      name: `${own.place}-${count}.png`,
      png: await drawFigure(figure),
      caption: figure.caption,
    });
  }
  return pictures;
}
