/** Words of training. */
import type { Words } from "./entry.ts";

export const trainingWords = {
  teacher: {
    text: "The network whose answers are the target. In self-distillation it is a slow average of the student, and no gradient reaches it.",
    source: "DINO (Caron et al. 2021), sec. 3.1",
  },
  student: {
    text: "The network that is trained: its answers are pulled towards the teacher's.",
    source: "DINO (Caron et al. 2021), sec. 3.1",
  },
  "Gram teacher": {
    text: "The network whose Gram matrix the student has to keep: an earlier state of the teacher, from before its maps became noisy. In the paper's better variant it sees the picture at twice the resolution. It says which patches belong together, not what their numbers are.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 4.2 and 4.3",
  },
  "Gram anchoring": {
    text: "A loss that holds the student's Gram matrix near that of a Gram teacher, so that patches that belonged together go on doing so while the rest is still learned.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 4.2",
  },
  EMA: {
    text: "Exponential moving average: after each step the teacher keeps most of itself and takes a little from the student. How much it keeps is the momentum.",
    source: "DINO (Caron et al. 2021), sec. 3.1",
  },
  Sinkhorn: {
    text: "A few rounds, three in DINOv3, of dividing the rows and columns of the teacher's answers by their sums. It sees to it that the prototypes are used about evenly over a batch, so the teacher cannot give one answer to everything.",
    source: "Cuturi 2013; SwAV (Caron et al. 2020), sec. 3.1",
  },
  prototype: {
    text: "One of K directions that the head compares a token with. The answer for a crop, or for a hidden patch, is how a whole is shared among them.",
    source: "SwAV (Caron et al. 2020), sec. 3.1; DINO (Caron et al. 2021)",
  },
  head: {
    text: "A small network on top of the backbone, used in training only. It turns a token into an answer over the prototypes.",
    source: "DINO (Caron et al. 2021)",
  },
  crop: {
    text: "A rectangle cut out of a photograph and resized. In DINOv3 a global crop covers 32 to 100 % of it, a local one 5 to 32 %. The teacher sees the global ones only.",
    source: "SwAV (Caron et al. 2020), sec. 3.2; DINO (Caron et al. 2021)",
  },
  "DINO loss": {
    text: "How far the student's answer for one crop is from the teacher's answer for another crop of the same photograph, by their CLS tokens: a cross-entropy.",
    source: "DINO (Caron et al. 2021)",
  },
  iBOT: {
    text: "A loss for patches: some squares are hidden from the student, and it has to give the answer that the teacher, who sees them, gives there. It has a head of its own.",
    source: "iBOT (Zhou et al. 2021)",
  },
  KoLeo: {
    text: "A loss that pushes the CLS token of each picture in a batch away from its nearest neighbour, so that the pictures spread evenly.",
    source: "Spreading vectors for similarity search (Sablayrolles et al. 2019)",
  },
  temperature: {
    text: "What the scores of the prototypes are divided by before they become shares. A lower one makes the answer sharper: 0.1 for the student and 0.04 to 0.07 for the teacher in DINOv3.",
    source: "DINO (Caron et al. 2021)",
  },
  "learning rate": {
    text: "How far a step goes: the factor of what the optimiser would change in the weights.",
    source: "AdamW (Loshchilov and Hutter 2017)",
  },
  "gradient norm": {
    text: "The length of the gradient over all weights, before it is clipped. A sudden rise is an early sign of trouble.",
    source: "docs/training.md",
  },
  "weight decay": {
    text: "A pull of the weights towards zero at every step. Biases, norms and LayerScale are left out.",
    source: "AdamW (Loshchilov and Hutter 2017)",
  },
  distillation: {
    text: "Training a small network to give what a large fixed one gives. Gramscope can match the features themselves, which needs no heads.",
    source: "Hinton et al. 2015; DINOv3, sec. 5.2; docs/training.md",
  },
  refinement: {
    text: "Further training of a model that is already trained. Here: with Gram anchoring, to mend its dense features.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 4",
  },
  recipe: {
    text: "Everything that is needed to make something again: of a map the model, layer, norm and size, of a run every setting.",
    source: "ARCHITECTURE.md",
  },
  checkpoint: {
    text: "The state of a run after some step, kept as files: its weights, and what it takes to go on from there. It opens like any model.",
    source: "docs/checkpoints.md",
  },
  snapshot: {
    text: "Features of a watched photograph, kept after some step to see how they change.",
    source: "docs/training.md",
  },
  loss: {
    text: "The number that training makes small: a weighted sum of terms, each of which says how far something is from what is wanted.",
    source: "docs/training.md",
  },
  "Gram loss": {
    text: "The mean squared difference between the Gram matrices of student and Gram teacher. It is the term that Gram anchoring adds. The paper writes a sum where its code, as Gramscope, takes the mean.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 4.2, and its code",
  },
  "cross-entropy": {
    text: "How badly given shares predict wanted ones, in nats: the loss of DINO and iBOT. Even shares among K prototypes, which know nothing, reach ln K.",
    source: "its usual definition",
  },
  batch: {
    text: "The photographs that one step of training sees together.",
    source: "docs/training.md",
  },
  gradient: {
    text: "For each weight, how the loss changes when it grows a little. A step moves the weights against it.",
    source: "its usual definition",
  },
  clipping: {
    text: "Where the gradient of the backbone or of a head is longer than a limit, all of it is made shorter to fit, so that one bad batch cannot throw the weights off.",
    source: "Pascanu et al. 2013; DINOv3's code",
  },
  momentum: {
    text: "How much the teacher keeps of itself at each step, the rest comes from the student: at 0.999 it is an average over about a thousand steps.",
    source: "DINO (Caron et al. 2021)",
  },
  centring: {
    text: "Taking the running mean from the teacher's scores, so that no prototype wins always: the way of the first DINO. DINOv3 has Sinkhorn in its place.",
    source: "DINO (Caron et al. 2021), sec. 3.1",
  },
  mask: {
    text: "The squares that are hidden from the student, or the pixels that belong to an object, as it says beside it.",
    source: "iBOT (Zhou et al. 2021); DAVIS (Pont-Tuset et al. 2017)",
  },
  augmentation: {
    text: "Random changes of a crop before the network sees it, of colour, sharpness and left and right: what is in it stays, and so should its features.",
    source: "DINO (Caron et al. 2021)",
  },
  schedule: {
    text: "How a value changes over the steps of a run: up, constant, or down along half a cosine.",
    source: "docs/training.md",
  },
  "warm-up": {
    text: "The first steps of a run, in which a value rises to its place: large steps at once would spoil fresh weights.",
    source: "docs/training.md",
  },
  AdamW: {
    text: "The rule by which a gradient moves the weights: each by a running mean of its gradient over the root of that of its square, with weight decay apart from it.",
    source: "AdamW (Loshchilov and Hutter 2017)",
  },
  "drop path": {
    text: "Some images of a batch skip a branch of a block by chance, so that no branch becomes indispensable.",
    source: "Deep Networks with Stochastic Depth (Huang et al. 2016)",
  },
} satisfies Words;
