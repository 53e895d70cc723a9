/** The words of the page in plain sentences, each with where it comes from. */
import type { TermName } from "../../store/term-names.ts";

export interface Entry {
  readonly text: string;
  readonly source: string;
}

export const glossary: Readonly<Record<TermName, Entry>> = {
  "patch token": {
    text: "The list of numbers that the network keeps for one square of the picture, 16 pixels a side in most models here. It starts as the colours of the square and takes in more of its surroundings with every block.",
    source: "ViT (Dosovitskiy et al. 2020)",
  },
  "CLS token": {
    text: "One token that belongs to no square. It gathers what the picture as a whole shows, and the image-level loss is about it.",
    source: "ViT (Dosovitskiy et al. 2020)",
  },
  register: {
    text: "A spare token that belongs to no square. It gives the network a place to keep notes, so that it need not misuse patches of plain background for them.",
    source: "Vision Transformers Need Registers (Darcet et al. 2023)",
  },
  "query patch": {
    text: "The patch that all others are compared with: the one under the pointer, or the one that is held. A cross marks it.",
    source: "DINOv3 (Siméoni et al. 2025), its cosine maps",
  },
  "cosine similarity": {
    text: "How much two lists of numbers point the same way, whatever their length: 1 for the same direction, 0 for unrelated, −1 for opposite. A map of it shows where a picture is like the query patch in the eyes of the network.",
    source: "its usual definition",
  },
  "Gram matrix": {
    text: "A table with a row and a column for each patch, and in each cell how similar the two patches are. It holds which parts of a picture go together, and nothing about what the single numbers are.",
    source: "DINOv3 (Siméoni et al. 2025)",
  },
  PCA: {
    text: "Principal component analysis: the few directions along which patches differ most. Three of them become red, green and blue, so like colours mean like patches.",
    source: "its usual definition",
  },
  basis: {
    text: "The directions that a PCA found. Pictures can be compared by their colours only where they share one.",
    source: "docs/panes.md",
  },
  norm: {
    text: "The length of a token: the square root of the sum of its squared numbers. A cosine does not see it.",
    source: "its usual definition",
  },
  "norm outlier": {
    text: "A patch whose token is far longer than the others. Such patches often lie on plain background and hold notes about the whole picture instead of their own square.",
    source: "Vision Transformers Need Registers (Darcet et al. 2023)",
  },
  attention: {
    text: "How much a token takes from each other token in a block. The weights of a token add up to 1.",
    source: "Attention Is All You Need (Vaswani et al. 2017)",
  },
  "attention head": {
    text: "One of several attentions that work beside each other in a block, each on a part of the numbers.",
    source: "Attention Is All You Need (Vaswani et al. 2017)",
  },
  block: {
    text: "One layer of the transformer: an attention, then a small network that works on each token by itself. The model is a stack of them.",
    source: "ViT (Dosovitskiy et al. 2020)",
  },
  "final norm": {
    text: "The last step of the model: it brings every token to a common scale. Patches are compared after it unless you say otherwise.",
    source: "DINOv3 (Siméoni et al. 2025)",
  },
  "k-means": {
    text: "Groups patches into k heaps so that each patch is near the middle of its heap. Another seed may end in other heaps.",
    source: "Lloyd 1982",
  },
  foreground: {
    text: "The part of a picture that a simple rule takes for the object rather than what lies behind it.",
    source: "its recipe beside the map",
  },
  "dense features": {
    text: "The tokens of the patches, taken together: they say what is where. The CLS token says only what is there.",
    source: "DINOv3 (Siméoni et al. 2025)",
  },
  teacher: {
    text: "The network whose answers are the target. In self-distillation it is a slow average of the student, and no gradient reaches it.",
    source: "DINO (Caron et al. 2021)",
  },
  student: {
    text: "The network that is trained: its answers are pulled towards the teacher's.",
    source: "DINO (Caron et al. 2021)",
  },
  "Gram teacher": {
    text: "An earlier or a sharper network whose Gram matrix the student has to keep. It says which patches belong together, not what their numbers are.",
    source: "DINOv3 (Siméoni et al. 2025)",
  },
  "Gram anchoring": {
    text: "A loss that holds the student's Gram matrix near that of a Gram teacher, so that patches that belonged together go on doing so while the rest is still learned.",
    source: "DINOv3 (Siméoni et al. 2025)",
  },
  EMA: {
    text: "Exponential moving average: after each step the teacher keeps most of itself and takes a little from the student. How much it keeps is the momentum.",
    source: "DINO (Caron et al. 2021)",
  },
  Sinkhorn: {
    text: "A few rounds of dividing rows and columns by their sums. It sees to it that the prototypes are used about evenly over a batch, so the teacher cannot give one answer to everything.",
    source: "SwAV (Caron et al. 2020)",
  },
  prototype: {
    text: "One of K directions that the head compares a token with. The answer for a crop is how its weight is shared among them.",
    source: "DINO (Caron et al. 2021)",
  },
  head: {
    text: "A small network on top of the backbone, used in training only. It turns a token into an answer over the prototypes.",
    source: "DINO (Caron et al. 2021)",
  },
  crop: {
    text: "A rectangle cut out of a photograph and resized. Global crops show much of it, local crops a small part. The teacher sees the global ones only.",
    source: "DINO (Caron et al. 2021)",
  },
  "DINO loss": {
    text: "How far the student's answer for one crop is from the teacher's answer for another crop of the same photograph, by their CLS tokens: a cross-entropy.",
    source: "DINO (Caron et al. 2021)",
  },
  iBOT: {
    text: "A loss for patches: some squares are hidden from the student, and it has to give the answer that the teacher, who sees them, gives there.",
    source: "iBOT (Zhou et al. 2021)",
  },
  KoLeo: {
    text: "A loss that pushes the CLS tokens of a batch apart, so that different pictures get different answers.",
    source: "Sablayrolles et al. 2019",
  },
  temperature: {
    text: "What answers are divided by before they become shares. A lower one makes them sharper.",
    source: "DINO (Caron et al. 2021)",
  },
  "learning rate": {
    text: "How far a step moves the weights.",
    source: "AdamW (Loshchilov and Hutter 2017)",
  },
  "gradient norm": {
    text: "The length of the gradient over all weights. Where it is above a limit, the step is cut to the limit.",
    source: "docs/training.md",
  },
  "weight decay": {
    text: "A pull of the weights towards zero at every step.",
    source: "AdamW (Loshchilov and Hutter 2017)",
  },
  distillation: {
    text: "Training a small network to give what a large fixed one gives. Gramscope can match the features themselves, which needs no heads.",
    source: "docs/training.md",
  },
  refinement: {
    text: "Further training of a model that is already trained. Here: with Gram anchoring, to mend its dense features.",
    source: "DINOv3 (Siméoni et al. 2025)",
  },
  "effective rank": {
    text: "How many directions the patches really use: high where the differences are spread over many, near 1 where all patches lie on a line.",
    source: "Roy and Vetterli 2007",
  },
  locality: {
    text: "How much more similar near patches are than far ones. Maps of dense features that are noisy have little of it.",
    source: "docs/scores.md",
  },
  mIoU: {
    text: "Mean intersection over union: for each class the overlap of predicted and true pixels over their union, averaged over the classes.",
    source: "PASCAL VOC (Everingham et al. 2010)",
  },
  "k-NN": {
    text: "A picture gets the class that most of its nearest neighbours have. Nothing is trained, so it measures the features alone.",
    source: "DINO (Caron et al. 2021)",
  },
  "linear probe": {
    text: "A single linear layer that is trained on features that stay as they are. It measures what can be read off them directly.",
    source: "docs/scores.md",
  },
  CorLoc: {
    text: "The part of pictures in which the box that was found overlaps a true object by at least one half.",
    source: "LOST (Siméoni et al. 2021)",
  },
  "J&F": {
    text: "How well a mask is carried through a video: the mean of J, the overlap of regions, and F, the agreement of outlines.",
    source: "DAVIS (Pont-Tuset et al. 2017)",
  },
  correspondence: {
    text: "Whether the patch that is most like a point in one picture lies on the same point in another.",
    source: "docs/scores.md",
  },
  parity: {
    text: "The proof that an exported model computes what the original does, with the differences in numbers.",
    source: "docs/export.md",
  },
  quantisation: {
    text: "Keeping numbers in fewer bits: fp16 in half the size, int8 in a quarter. The file gets smaller and the answers a little different; the proof says by how much.",
    source: "docs/export.md",
  },
  ONNX: {
    text: "A file format for networks that many programs run, without Python.",
    source: "onnx.ai",
  },
};
