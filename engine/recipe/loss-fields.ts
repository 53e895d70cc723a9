/** Settings of a recipe for heads, losses and Gram anchoring. */
import { boolean, choice, integer, number, orNull, text, type FieldGroup } from "./field.ts";

const c2 = "dinov3.md C.2";
const c3 = "dinov3.md C.3";
const j = "dinov3.md J: few prototypes at small batches";

const weight = (group: FieldGroup, value: number, source: string, help: string) =>
  number({ group, default: value, range: [0, 1000], source, help });

const channels = (value: number, source: string, help: string) =>
  integer({ group: "heads", default: value, range: [4, 65_536], unit: "channels", source, help });

const prototypes = (help: string) =>
  integer({
    group: "heads",
    default: 1024,
    range: [32, 1_048_576],
    unit: "prototypes",
    source: `${j}; 65536 in the default config`,
    help,
  });

export const lossFields = {
  dinoHidden: channels(2048, c3, "Width inside the DINO head."),
  dinoBottleneck: channels(256, c3, "Width before the DINO prototypes."),
  dinoPrototypes: prototypes("Prototypes of the DINO head."),
  ibotHidden: channels(
    2048,
    "dinov3.md C.3; section 0, trap 13: 4096 in the 7B config, 8192 in the paper",
    "Width inside the iBOT head.",
  ),
  ibotBottleneck: channels(256, c3, "Width before the iBOT prototypes."),
  ibotPrototypes: prototypes("Prototypes of the iBOT head."),
  headInit: choice({
    group: "heads",
    default: "unitPrototypes",
    choices: ["official", "unitPrototypes"],
    source: "runtime.md: official weights stay at ln K at small batches; dinov3.md C.3",
    help: "official: every weight from a normal of 0.02. unitPrototypes: prototypes of unit length, which start at small batches.",
  }),

  targets: choice({
    group: "losses",
    default: "sinkhorn",
    choices: ["sinkhorn", "centring"],
    source: "dinov3.md C.2, J",
    help: "How teacher scores become targets.",
  }),
  sinkhornIterations: integer({
    group: "losses",
    default: 3,
    range: [1, 100],
    unit: "iterations",
    source: c2,
    help: "Normalisations of rows and columns.",
  }),
  centreMomentum: number({
    group: "losses",
    default: 0.9,
    range: [0, 1],
    source: "dinov3.md J",
    help: "Of the running centre, with centring.",
  }),
  studentTemperature: number({
    group: "losses",
    default: 0.1,
    range: [0.001, 10],
    source: c2,
    help: "Divides the student's scores.",
  }),
  dinoWeight: weight("losses", 1, c2, "Weight of the DINO loss."),
  dinoLocalWeight: weight(
    "losses",
    1,
    "dinov3.md C.2 (reweight_dino_local_loss); 0.5 with Gram",
    "Weight of its local term at the end of dinoLocalSteps.",
  ),
  startDinoLocalWeight: weight(
    "losses",
    1,
    "dinov3.md C.2",
    "Weight of its local term at the start.",
  ),
  dinoLocalSteps: integer({
    group: "losses",
    default: 0,
    range: [0, 100_000_000],
    unit: "steps",
    source: "dinov3.md C.7, Gram phase: one epoch",
    help: "Cosine from the start to the end weight of the local term. 0: the end weight throughout.",
  }),
  ibotWeight: weight("losses", 1, c2, "Weight of the iBOT loss."),
  koleoWeight: weight("losses", 0.1, c2, "Weight of KoLeo, summed over the two global crops."),
  koleoGroup: integer({
    group: "losses",
    default: 0,
    range: [0, 65_536],
    unit: "images",
    source: "dinov3.md C.2 (loss_group_size); 16 in the paper",
    help: "Nearest neighbours are looked for within groups of this many images. 0: the whole batch.",
  }),

  gramWeight: weight(
    "gram",
    0,
    "dinov3.md C.2, trap 9: of the mean squared error; 2 in Gram anchoring",
    "Weight of the Gram loss. 0: no Gram anchoring.",
  ),
  startGramWeight: weight(
    "gram",
    0,
    "dinov3.md C.7",
    "Weight at the start, where it is warmed up.",
  ),
  gramWarmupSteps: integer({
    group: "gram",
    default: 0,
    range: [0, 100_000_000],
    unit: "steps",
    source: "dinov3.md J: none or 500 steps",
    help: "Linear from the start weight to the weight. 0: the weight throughout.",
  }),
  gramNormalised: boolean({
    group: "gram",
    default: true,
    source: c2,
    help: "Features have unit length before their products.",
  }),
  gramLevel: choice({
    group: "gram",
    default: "image",
    choices: ["image", "batch"],
    source: "dinov3.md C.2 (img_level: false by default, true in the 7B)",
    help: "Products within a crop, or between all patches of the batch.",
  }),
  gramNegatives: choice({
    group: "gram",
    default: "keep",
    choices: ["keep", "remove", "removeTeacher", "removeTeacherAsReleased"],
    source: "dinov3.md C.2; section 0, trap 10",
    help: "remove: both clamped at 0. removeTeacher: the teacher's, and the student's where both are negative. As released: the teacher's alone.",
  }),
  gramTokens: choice({
    group: "gram",
    default: "all",
    choices: ["all", "masked", "unmasked"],
    source: c2,
    help: "Patches that take part.",
  }),
  gramTeacher: text({
    group: "gram",
    default: "init",
    source: "dinov3.md C.2 (ckpt, ema_teacher); I#65",
    help: "init: the starting weights. ema: the EMA teacher's own patches. Otherwise the path of a checkpoint, or hf:ORG/NAME.",
  }),
  gramUpdateEvery: integer({
    group: "gram",
    default: 0,
    range: [0, 100_000_000],
    unit: "steps",
    source: "dinov3.md C.2 (update_frequency); 10000 in the 7B",
    help: "The Gram teacher becomes a copy of the EMA teacher after this many steps. 0: never.",
  }),
  gramMaxUpdates: orNull(
    integer({
      group: "gram",
      default: 3,
      range: [0, 1_000_000],
      unit: "updates",
      source: "dinov3.md C.2 (max_updates); 3 in the 7B",
      help: "At most this many times. null: no limit.",
    }),
  ),
  gramFirstUpdate: integer({
    group: "gram",
    default: 0,
    range: [0, 100_000_000],
    unit: "step",
    source: "dinov3.md C.2 (it_first_update)",
    help: "No update before this step.",
  }),
  gramResize: choice({
    group: "gram",
    default: "bicubic",
    choices: ["bicubic", "bilinear"],
    source: "dinov3.md C.2 (global_teacher_resize_method)",
    help: "How larger Gram features come down to the student's grid, without antialiasing.",
  }),
  gramStatistics: boolean({
    group: "gram",
    default: false,
    source: "dinov3.md C.2 (compute_stats)",
    help: "Log the Gram loss of masked and of unmasked patches too.",
  }),
};
