/** What is compared: the checkpoints of a run by their steps, or models in the order they are given. */
import { basename, join } from "node:path";
import { isOfficialRun, readOfficialRun } from "../checkpoints/official-run.ts";
import { EngineError } from "../protocol/errors.ts";
import { listCheckpoints } from "../runs/read-checkpoint.ts";
import { isRun, openRun } from "../runs/run-directory.ts";
import { openModelFiles, type ModelFiles } from "../weights/open-model.ts";

export interface Candidate {
  readonly name: string;
  /** Its place on the timeline: the step of a checkpoint, or 1, 2, 3 .. of models that are listed. */
  readonly step: number;
  /** What openModelFiles takes. */
  readonly path: string;
}

export interface Candidates {
  readonly kind: "run" | "models";
  /** In words: "run runs/mine, teachers of 6 checkpoints". */
  readonly description: string;
  readonly candidates: readonly Candidate[];
}

/**
 * @param paths one run, one student of a run, one run of the official code of DINOv3, or models
 * @throws EngineError "option.invalid" for several runs; as openRun; "run.missing" without a checkpoint
 */
export async function listCandidates(paths: readonly string[]): Promise<Candidates> {
  const areRuns = await Promise.all(
    paths.map(async (path) => (await isRun(path)) || isOfficialRun(path)),
  );
  const run = paths[areRuns.indexOf(true)];
  if (run === undefined) {
    const candidates = paths.map((path, i) => ({ name: basename(path), step: i + 1, path }));
    const description = `${candidates.length} models, in the order given`;
    return { kind: "models", description, candidates };
  }
  if (paths.length > 1) {
    throw new EngineError(
      "option.invalid",
      `expected one run, or models; received ${paths.length} paths, of which ${run} is a run`,
      {
        hint: `Name a checkpoint to compare it with other models: ${run}/checkpoints/step-... or ${run}/ckpt/...`,
      },
    );
  }
  return (await isRun(run)) ? checkpointsOf(run) : officialCheckpointsOf(run);
}

async function checkpointsOf(path: string): Promise<Candidates> {
  const { folder, recipe } = await openRun(path);
  const checkpoints = await listCheckpoints({ folder });
  if (checkpoints.length === 0) {
    const [student] = recipe.students;
    throw new EngineError("run.missing", `${path}: expected checkpoints, found none`, {
      hint: student
        ? `It trains several students: name one of them, such as ${join(path, student.name)}.`
        : "Let the run go on until it has written one.",
    });
  }
  return {
    kind: "run",
    description: `run ${basename(folder)}, the teachers of ${checkpoints.length} checkpoints`,
    candidates: checkpoints.map((place) => ({
      name: `step ${place.step}`,
      step: place.step,
      path: place.folder,
    })),
  };
}

async function officialCheckpointsOf(path: string): Promise<Candidates> {
  const { folder, checkpoints } = await readOfficialRun(path);
  if (checkpoints.length === 0) {
    throw new EngineError("run.missing", `${path}: expected checkpoints, found none`, {
      hint: "They are looked for in ckpt/ and eval/; let the run go on until it has written one.",
    });
  }
  return {
    kind: "run",
    description: `official run ${basename(folder)}, the teachers of ${checkpoints.length} checkpoints`,
    candidates: checkpoints.map(({ iteration, path: place }) => ({
      name: `iteration ${iteration}`,
      step: iteration,
      path: place,
    })),
  };
}

/**
 * Open every candidate's header.
 * @throws EngineError that names the candidate which cannot be read, or whose patches are of another
 *   size than the first one's
 */
export async function openCandidates(
  candidates: readonly Candidate[],
): Promise<{ readonly candidate: Candidate; readonly files: ModelFiles }[]> {
  const opened = [];
  for (const candidate of candidates) {
    opened.push({ candidate, files: await openModelFiles(candidate.path) });
  }
  const [first] = opened;
  for (const { candidate, files } of opened) {
    const [expected, received] = [first!.files.config.patch, files.config.patch];
    if (expected === received) continue;
    throw new EngineError(
      "weights.shape",
      `${candidate.path}: expected patches of ${expected} px as in ${first!.candidate.path}, received ${received} px`,
      { hint: "Compare models whose patches have one size: their grids would differ." },
    );
  }
  return opened;
}
