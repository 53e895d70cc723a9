/** Words of scores, labelled probes and exports. */
import type { Words } from "./entry.ts";

export const measuringWords = {
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
  percentile: {
    text: "The value below which so many of 100 lie: of the 95th percentile 95 of 100 are below.",
    source: "its usual definition",
  },
  interval: {
    text: "Where the number would lie had other images been drawn: 95 of 100 such intervals hold the true one.",
    source: "bootstrap (Efron 1979); docs/scores.md",
  },
  "dense quality": {
    text: "One number of many scores: how clean maps are and how well patches are found again, measured against the other models of the comparison.",
    source: "docs/scores.md",
  },
  roughness: {
    text: "How much a cosine map differs from patch to its neighbour: 0 where it is smooth, about 1 for noise.",
    source: "Geary 1954; docs/scores.md",
  },
  "cycle consistency": {
    text: "How often the way from a patch to its nearest in another image, and from there to the nearest back, ends where it began.",
    source: "docs/scores.md",
  },
  classification: {
    text: "Naming what a picture shows, as one of some classes. The accuracy is the part of pictures named rightly.",
    source: "its usual definition",
  },
  segmentation: {
    text: "Giving each pixel the class of what it shows.",
    source: "PASCAL VOC (Everingham et al. 2010)",
  },
  "depth estimation": {
    text: "How far from the camera what a pixel shows is, in metres.",
    source: "NYU Depth (Silberman et al. 2012)",
  },
  "object discovery": {
    text: "Finding the main object of a picture as a box, from the patches alone, without labels.",
    source: "LOST (Siméoni et al. 2021)",
  },
  "Gram distance": {
    text: "The mean squared difference of two Gram matrices of the same picture: by two models, or at two sizes.",
    source: "docs/scores.md",
  },
  "mask propagation": {
    text: "Carrying the mask of an object from the first frame of a film to the later ones, by the likeness of patches.",
    source: "DINO (Caron et al. 2021)",
  },
  "few-shot": {
    text: "Learning from a handful of labelled pictures only.",
    source: "its usual definition",
  },
  IoU: {
    text: "Intersection over union: the overlap of what was found and what is true over both together. 1 where they are the same.",
    source: "PASCAL VOC (Everingham et al. 2010)",
  },
  "average precision": {
    text: "How rightly patches are ordered: 1 where every true one stands before every false one.",
    source: "its usual definition",
  },
  recall: {
    text: "The part of the true points that were found, within a distance that is given.",
    source: "its usual definition",
  },
  "depth errors": {
    text: "RMSE and MAE are mean errors in metres, abs rel and sq rel errors relative to the depth, delta1 the part of pixels within a factor of 1.25; log10, RMSE log and silog compare logarithms.",
    source: "Eigen et al. 2014",
  },
  precision: {
    text: "In how many bits a weight is kept: fp32 in 32; fp16 and bf16 in 16, bf16 with a longer range and fewer digits.",
    source: "IEEE 754; docs/export.md",
  },
  int8: {
    text: "Weights as whole numbers of 8 bits with a common scale; int4 has 4 bits. In int8-static the scale of what flows between them is fixed beforehand too.",
    source: "docs/export.md",
  },
  calibration: {
    text: "Looking at a few photographs to choose the scales of int8-static.",
    source: "docs/export.md",
  },
  opset: {
    text: "The version of ONNX's list of operators that a file keeps to. A runtime has to know that version.",
    source: "onnx.ai",
  },
  safetensors: {
    text: "A file format for weights: names, shapes and numbers, nothing that could run.",
    source: "github.com/huggingface/safetensors",
  },
  "ONNX Runtime": {
    text: "The program that executes ONNX files, here and in many others.",
    source: "onnxruntime.ai",
  },
} satisfies Words;
