/**
 * k-NN classification: the class of a picture by the classes of the training pictures whose CLS
 * tokens are nearest (Wu et al. 2018, arXiv:1805.01978; DINO's evaluation, dinov3.md F.2).
 */
import type { LabelledSet } from "../labels/labelled.ts";
import type { Rows } from "../probes/rows.ts";
import {
  accuracyNumber,
  accuracyPerClass,
  gatherClassed,
  largestOf,
  type ClassedDrawing,
} from "./classified-features.ts";
import type { InputSize } from "./input-size.ts";
import {
  assembleReport,
  namedCases,
  refuseEmpty,
  type Measured,
  type Measuring,
  type Protocol,
} from "./measuring.ts";
import { cosines, type PreparedPrograms } from "./similarity.ts";
import { stages } from "./trained-probe.ts";

export interface KnnSettings {
  readonly size: InputSize;
  /** Numbers of neighbours; one that is larger than the training set is left out. */
  readonly ks: readonly number[];
  /** T: a neighbour of cosine s votes with exp(s / T). */
  readonly temperature: number;
}

/** DINO's, at 224 px; there is no crop: the whole picture is seen. */
export const knnPresets = {
  paper: {
    size: { kind: "square", side: 224 },
    ks: [10, 20, 100, 200],
    temperature: 0.07,
  },
} as const satisfies Record<string, KnnSettings>;

export interface KnnDrawing extends ClassedDrawing {
  /** Indices in the training split, nearest first; of the smallest k. */
  readonly neighbours: readonly number[];
}

/** Test pictures that are compared at once. */
const tileRows = 64;

/**
 * Numbers: top-1 for every k, the smallest first; where the training set is smaller than all, k is
 * its size. The score of a case is the part of the votes for its own class at the smallest k.
 * @throws EngineError "data.empty" for an empty split; "option.invalid" for a class outside the
 *   declared ones; "cancelled"; what loading throws
 */
export async function measureKnn(
  set: LabelledSet<"classification">,
  measuring: Measuring,
  protocol: Protocol<KnnSettings> = { preset: "paper", settings: knnPresets.paper, seed: 0 },
): Promise<Measured<KnnDrawing>> {
  const started = performance.now();
  const { size, temperature } = protocol.settings;
  const { classes } = set;
  const { train, test } = set.splits;
  refuseEmpty(train.count, `${set.description}, to train on`, "at least one picture");
  refuseEmpty(test.count, `${set.description}, to test on`, "at least one picture");
  const [first, second] = stages(measuring.progress, [train.count, test.count], [1, 1]);
  const gather = (items: typeof train, progress: typeof first) =>
    gatherClassed(items, classes.length, "cls", size, { ...measuring, progress });
  const known = await gather(train, first);
  const asked = await gather(test, second);
  const ks = limitedKs(protocol.settings.ks, train.count);

  const predictions = ks.map(() => new Int32Array(test.count));
  const ownVotes = new Float64Array(test.count);
  const neighbours = await nearestRows(known.rows, asked.rows, ks.at(-1)!, measuring);
  neighbours.forEach(({ indices, similarities }, i) => {
    const votes = new Float64Array(classes.length);
    let [next, total] = [0, 0];
    for (const [at, k] of ks.entries()) {
      for (; next < k; next++) {
        // Relative to the nearest, so that no vote overflows.
        const vote = Math.exp((similarities[next]! - similarities[0]!) / temperature);
        votes[known.labels[indices[next]!]!]! += vote;
        total += vote;
      }
      predictions[at]![i] = largestOf(votes, 0, votes.length);
      if (at === 0) ownVotes[i] = votes[asked.labels[i]!]! / total;
    }
  });

  const numbers = ks.map((k, at) =>
    accuracyNumber(`top-1, k = ${k}`, predictions[at]!, asked.labels),
  );
  const cases = namedCases(ownVotes, true, (index) => asked.names[index]!);
  const drawings = cases.map(({ index }) => ({
    label: asked.labels[index]!,
    prediction: predictions[0]![index]!,
    neighbours: [...neighbours[index]!.indices.subarray(0, ks[0])],
  }));
  const own = { started, settings: { ks, temperature }, numbers, cases };
  const report = {
    ...assembleReport("knn", set, measuring, protocol, size, own),
    perClass: accuracyPerClass(classes, predictions[0]!, asked.labels),
  };
  return { report, drawings };
}

/** Ascending, none larger than the number of training pictures. */
function limitedKs(ks: readonly number[], count: number): number[] {
  const fitting = [...new Set(ks)].filter((k) => k <= count).sort((a, b) => a - b);
  return fitting.length > 0 ? fitting : [count];
}

interface Nearest {
  /** int32 [k], nearest first; of equals the earlier row. */
  readonly indices: Int32Array;
  /** float32 [k], cosines. */
  readonly similarities: Float32Array;
}

/** The k rows of `known` with the largest cosine to each row of `asked`. */
export async function nearestRows(
  known: Rows,
  asked: Rows,
  k: number,
  { programs, signal }: { programs: PreparedPrograms; signal?: AbortSignal | undefined },
): Promise<Nearest[]> {
  const { width } = asked;
  const out: Nearest[] = [];
  for (let start = 0; start < asked.count; start += tileRows) {
    const count = Math.min(tileRows, asked.count - start);
    const data = asked.data.subarray(start * width, (start + count) * width);
    const all = await cosines({ data, count, width }, known, programs, signal);
    for (let i = 0; i < count; i++) {
      out.push(largestK(all.subarray(i * known.count, (i + 1) * known.count), k));
    }
  }
  return out;
}

function largestK(values: Float32Array, k: number): Nearest {
  const indices = new Int32Array(k);
  const similarities = new Float32Array(k);
  let filled = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (filled === k && !(value > similarities[k - 1]!)) continue;
    let at = filled < k ? filled++ : k - 1;
    for (; at > 0 && value > similarities[at - 1]!; at--) {
      similarities[at] = similarities[at - 1]!;
      indices[at] = indices[at - 1]!;
    }
    similarities[at] = value;
    indices[at] = i;
  }
  return { indices, similarities };
}
