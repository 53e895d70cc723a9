/** Models measured with everything: labelled probes in the built-in world, and scores without labels. */
import { probes, type CataloguedProbe, type SceneCounts } from "../evaluation/catalog.ts";
import { freeze } from "../evaluation/frozen-backbone.ts";
import type { ProbeName, ProbeReport } from "../evaluation/probe-report.ts";
import { PreparedPrograms } from "../evaluation/similarity.ts";
import type { LabelledSet, Task } from "../labels/labelled.ts";
import { sceneSet } from "../scenes/scene-sets.ts";
import type { Aggregate, Estimate } from "../scores/aggregate.ts";
import type { ScoreName } from "../scores/catalog.ts";
import { listCandidates, openCandidates, type Candidate } from "./candidates.ts";
import { compare, type CompareOptions } from "./compare.ts";
import type { ImageSet } from "./image-set.ts";
import { correlate, type Correlation } from "./rank-correlation.ts";
import { rememberItems } from "./remembered-set.ts";

/** Raised when a reader of the older shape would misread a survey. */
export const surveyVersion = 1;

export interface SurveyedModel {
  readonly name: string;
  readonly path: string;
  readonly fingerprint: string;
  /** In the order that was asked for. */
  readonly probes: readonly ProbeReport[];
  readonly scores: Readonly<Partial<Record<ScoreName, Estimate>>>;
}

export interface Survey {
  readonly version: typeof surveyVersion;
  readonly seed: number;
  readonly images: string;
  readonly models: readonly SurveyedModel[];
  /** Of every score with every probe, over the models; empty where there are fewer than four. */
  readonly correlations: readonly Correlation[];
  readonly elapsedSeconds: number;
}

export interface SurveyOptions extends Omit<CompareOptions, "onModel" | "reference"> {
  readonly probes: readonly ProbeName[];
  /** Other numbers of scenes than a probe's own. */
  readonly counts?: Partial<SceneCounts> | undefined;
  /** As soon as a model has gone through a probe. */
  readonly onReport?: ((model: string, report: ProbeReport) => void) | undefined;
}

/** The two halves of the work take about as long. */
const shareOfScores = 0.3;

/**
 * Probes are run one after the other, each on all models, so that its scenes are drawn once.
 * @param paths runs, of which every checkpoint is taken, and models
 * @throws EngineError as compare and as the probes; "cancelled"
 */
export async function survey(
  paths: readonly string[],
  images: ImageSet,
  options: SurveyOptions,
): Promise<Survey> {
  const started = performance.now();
  const candidates = await candidatesOf(paths);
  const compared = await compare(
    { kind: "models", description: `${candidates.length} models`, candidates },
    images,
    {
      ...options,
      progress: (fraction, label) => options.progress?.(shareOfScores * fraction, label),
    },
  );
  const reports = await measureAll(candidates, options);
  const models = compared.models.map(({ name, path, fingerprint, scores }, i): SurveyedModel => ({
    name,
    path,
    fingerprint,
    probes: reports[i]!,
    scores: Object.fromEntries(
      Object.entries(scores).map(([score, found]) => [score, estimateOf(found)]),
    ),
  }));
  options.progress?.(1, "Done");
  return {
    version: surveyVersion,
    seed: options.seed,
    images: images.description,
    models,
    correlations: correlate(models),
    elapsedSeconds: (performance.now() - started) / 1000,
  };
}

async function candidatesOf(paths: readonly string[]): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const path of paths) {
    const { kind, description, candidates: own } = await listCandidates([path]);
    const run = kind === "run" && paths.length > 1 ? `${description.split(",")[0]!} ` : "";
    candidates.push(...own.map(({ name, ...rest }) => ({ ...rest, name: `${run}${name}` })));
  }
  return candidates.map((candidate, i) => ({ ...candidate, step: i + 1 }));
}

/** @returns for every candidate a report of every probe */
async function measureAll(
  candidates: readonly Candidate[],
  options: SurveyOptions,
): Promise<ProbeReport[][]> {
  const { executor, rope, seed, signal, counts, onReport } = options;
  const opened = await openCandidates(candidates);
  const reports: ProbeReport[][] = opened.map(() => []);
  const programs = new PreparedPrograms(executor);
  const parts = options.probes.length * opened.length;
  let done = 0;
  const progress = (within: number, label: string) => {
    const fraction = (done + within) / parts;
    options.progress?.(shareOfScores + (1 - shareOfScores) * fraction, label);
  };
  try {
    for (const name of options.probes) {
      const probe: CataloguedProbe = probes[name];
      const { scenes } = probe;
      const set = sceneSet(probe.task, { ...scenes.set, ...counts, seed });
      const remembered: LabelledSet<Task> = rememberItems(set);
      for (const [i, { candidate, files }] of opened.entries()) {
        const label = `${probe.title}: ${candidate.name}`;
        const backbone = await freeze(files, executor, { rope });
        try {
          const { report } = await probe.measure(
            remembered,
            {
              backbone,
              programs,
              signal,
              progress: (part, total) => progress(part / total, label),
            },
            { preset: scenes.preset, seed, size: scenes.size },
          );
          reports[i]!.push(report);
          onReport?.(candidate.name, report);
        } finally {
          await backbone.dispose();
        }
        done++;
      }
    }
  } finally {
    await programs.dispose();
  }
  return reports;
}

function estimateOf({ mean, low, high }: Aggregate): Estimate {
  return { mean, low, high };
}
