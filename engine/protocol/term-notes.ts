/**
 * What each number of metrics.jsonl is called and what is normal for it (dinov3.md C.2, C.5, H.3, I, J;
 * temperatures and rates as the recipe has them).
 */

export type TermGroup = "loss" | "schedule" | "speed" | "other";

export interface TermNote {
  readonly group: TermGroup;
  readonly title: string;
  /** Of the shown number; "" where it is a bare number. */
  readonly unit: string;
  /** The shown number is this times the written one. */
  readonly factor: number;
  readonly note: string;
  /** Whether a logarithmic axis shows more. */
  readonly log: boolean;
}

const term = (
  group: TermGroup,
  title: string,
  unit: string,
  note: string,
  more: Partial<TermNote> = {},
): TermNote => ({ group, title, unit, factor: 1, note, log: false, ...more });

/** In the order in which they are read. */
export const termNotes: Readonly<Record<string, TermNote>> = {
  loss: term(
    "loss",
    "Loss, weighted sum",
    "nats",
    "It starts near the weighted ln K of its terms and need not fall steadily: the teacher is a moving target, so it rises while the teacher sharpens or improves. Judge features by their maps and scores, and look at the terms one by one.",
  ),
  dino_global: term(
    "loss",
    "DINO, global crops",
    "nats",
    "Near ln K at first, K being the number of DINO prototypes, then below it. A curve that stays on the guide line learns nothing or has collapsed; too many prototypes for the batch is the usual cause.",
  ),
  dino_local: term(
    "loss",
    "DINO, local crops",
    "nats",
    "Near ln K at first, then below it. It may rise again while the teacher's temperature or the teacher itself moves.",
  ),
  ibot: term(
    "loss",
    "iBOT, masked patches",
    "nats",
    "At first near ln K of the iBOT prototypes times the part of the crops that are masked, half of them by default: crops without a mask count as zero. Falling slowly, and noisier than DINO, is normal.",
  ),
  koleo: term(
    "loss",
    "KoLeo",
    "−log distance",
    "Minus the logarithm of the distance to the nearest other image: it falls as features spread, to about −0.35 where all images are orthogonal. A rise says that images become alike; a jump, that a batch holds the same image twice or is very small.",
  ),
  gram: term(
    "loss",
    "Gram",
    "squared cosine",
    "Mean squared difference of patch similarities to the Gram teacher. Nearly 0 where student and Gram teacher have just been the same weights, as right after a refresh; it then grows while the student moves on, and levels off.",
    { log: true },
  ),
  gram_masked: term(
    "loss",
    "Gram, masked patches",
    "squared cosine",
    "The Gram loss of the patches that the student could not see; above that of the others. Only written down, not learned from.",
    { log: true },
  ),
  gram_unmasked: term(
    "loss",
    "Gram, patches in sight",
    "squared cosine",
    "The Gram loss of the patches that the student saw. Only written down, not learned from.",
    { log: true },
  ),
  features_cls: term(
    "loss",
    "Distilled CLS feature",
    "distance",
    "Distance to the fixed teacher's CLS feature: it falls, fast at first, and does not rise for long, for this target does not move.",
  ),
  features_patches: term(
    "loss",
    "Distilled patch features",
    "distance",
    "Distance to the fixed teacher's patch features: it falls, fast at first, and does not rise for long, for this target does not move.",
  ),
  grad_norm: term(
    "loss",
    "Gradient norm",
    "before clipping",
    "High at first, then slowly changing. Single peaks are what clipping is for; a level that stays above the clip value means that every step is cut, and a growing one comes before a loss that is not a number.",
    { log: true },
  ),
  lr: term(
    "schedule",
    "Learning rate",
    "",
    "Linear up to its peak over the warm-up, then constant or a cosine down, exactly as the recipe has it.",
  ),
  weight_decay: term(
    "schedule",
    "Weight decay",
    "",
    "Constant where start and end are the same, as in the 7B recipe; a cosine up in the default one.",
  ),
  momentum: term(
    "schedule",
    "Teacher momentum",
    "",
    "What the EMA teacher keeps of itself at each step: 0.99 suits runs below 5,000 steps, 0.994 to 0.999 long ones. Near 1 the teacher hardly moves.",
  ),
  gram_loss_weight: term(
    "schedule",
    "Gram weight",
    "",
    "How much the Gram loss counts in the sum: as the recipe has it, or as it was last set by hand. A step in it was made by a person.",
  ),
  teacher_temp: term(
    "schedule",
    "Teacher temperature",
    "",
    "Linear over its warm-up, from 0.04 to 0.07 by default, then constant. A higher one makes softer targets, so the DINO and iBOT terms rise with it.",
  ),
  images_per_s: term(
    "speed",
    "Speed",
    "images/s",
    "Steady once kernels are built; the first steps are slower. Steps dip when a checkpoint or a snapshot is written.",
  ),
  data_wait_s: term(
    "speed",
    "Waiting for data",
    "ms",
    "Near 0: the next batch is ready before the step ends. Where it is a good part of a step, reading and cropping images is what limits the speed.",
    { factor: 1000 },
  ),
  memory_bytes: term(
    "speed",
    "Memory",
    "GiB",
    "Flat after the first few steps. Steady growth is a leak and worth a report.",
    { factor: 2 ** -30 },
  ),
};

/** Words of the titles that are other words elsewhere. */
export const titleMeanings = { Gram: "Gram loss" } as const;

/** A number that has no note yet is shown under its own name. */
export const noteOf = (key: string): TermNote => termNotes[key] ?? term("other", key, "", "");

/**
 * Where a cross-entropy lies that knows nothing: ln K; for iBOT times the part of the crops that are
 * masked (C.2: the sum over masked crops is divided by all of them).
 */
export function guideOf(
  key: string,
  recipe: Readonly<Record<string, unknown>>,
): { value: number; label: string } | undefined {
  const isIbot = key === "ibot";
  if (!isIbot && key !== "dino_global" && key !== "dino_local") return undefined;
  const prototypes = recipe[isIbot ? "ibotPrototypes" : "dinoPrototypes"];
  const masked = isIbot ? recipe["maskProbability"] : 1;
  if (typeof prototypes !== "number" || typeof masked !== "number") return undefined;
  const value = masked * Math.log(prototypes);
  if (!(value > 0)) return undefined;
  const factor = masked === 1 ? "" : `${masked} `;
  return { value, label: `${factor}ln ${prototypes.toLocaleString("en-US")}` };
}
