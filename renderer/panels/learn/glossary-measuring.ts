/** Words of scores, labelled probes and exports. */
import type { Words } from "./entry.ts";

export const measuringWords = {
  "effective rank": {
    text: "How many directions the patches really use: high where they are spread over many, 1 where all patches point along one line. Noise has the most, so more is not better.",
    source: "Roy and Vetterli 2007; docs/scores.md",
  },
  locality: {
    text: "How much more similar near patches are than far ones. Noisy maps have little of it; so has a picture of one thing all over.",
    source: "docs/scores.md",
  },
  mIoU: {
    text: "Mean intersection over union: for each class the overlap of predicted and true pixels over their union, averaged over the classes.",
    source: "PASCAL VOC (Everingham et al. 2010)",
  },
  "k-NN": {
    text: "The nearest neighbours of a picture vote for its class, and the more alike a neighbour is, the more its vote weighs. Nothing is trained, so it measures the features alone.",
    source: "Wu et al. 2018; DINO (Caron et al. 2021)",
  },
  "linear probe": {
    text: "A single linear layer that is trained on features that stay as they are. It measures what can be read off them directly.",
    source: "Alain and Bengio 2016; DINOv3, sec. 6.1.2",
  },
  CorLoc: {
    text: "The part of pictures in which the box that was found is right: its intersection over union with a true object is above one half.",
    source: "Deselaers et al. 2010; DINOv3, sec. 6.1.4",
  },
  "J&F": {
    text: "How well a mask is carried through a video: the mean of J, the overlap of regions, and F, the agreement of outlines.",
    source: "DAVIS (Perazzi et al. 2016; Pont-Tuset et al. 2017)",
  },
  correspondence: {
    text: "Whether the patch that is most like a point in one picture lies on the same point in another.",
    source: "Probe3D (El Banani et al. 2024); DINOv3, sec. 6.1.3",
  },
  parity: {
    text: "The proof that an exported model computes what the original does, with the differences in numbers.",
    source: "docs/export.md",
  },
  quantisation: {
    text: "Keeping numbers in fewer bits than the 32 of fp32: fp16 takes half the size, int8 about a quarter. The file gets smaller and the answers a little different; the proof says by how much.",
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
    text: "Where the number would likely lie had other images been drawn: about 95 of 100 such intervals hold the true one.",
    source: "bootstrap (Efron 1979); docs/scores.md",
  },
  "dense quality": {
    text: "One number of many scores: how clean maps are and how well patches are found again. 0 is the middle of the compared checkpoints, and 1 is what images usually differ by.",
    source: "docs/scores.md",
  },
  roughness: {
    text: "How much a cosine map differs from patch to its neighbour: 0 where it is smooth, about 1 for noise.",
    source: "Geary 1954; docs/scores.md",
  },
  "cycle consistency": {
    text: "How often the way from a patch to its nearest in another image, and from there to the nearest back, ends within one patch of where it began.",
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
    text: "Telling for each pixel how far what it shows is from the camera, in metres.",
    source: "NYU Depth (Silberman et al. 2012)",
  },
  "object discovery": {
    text: "Finding the main object of a picture as a box, from the patches alone, without labels: the patches are cut into two groups that are least alike.",
    source: "TokenCut (Wang et al. 2022); DINOv3, sec. 6.1.4",
  },
  "Gram distance": {
    text: "The mean squared difference of two Gram matrices of the same picture: by two models, or at two sizes.",
    source: "docs/scores.md; DINOv3, sec. 4.2",
  },
  "mask propagation": {
    text: "Carrying the mask of an object from the first frame of a film to the later ones, by the likeness of patches.",
    source: "Jabri et al. 2020; DINOv3, sec. 6.1.5",
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
    text: "How well patches are ordered by their scores: 1 where every true one stands before every false one.",
    source: "its usual definition",
  },
  recall: {
    text: "The part of the true points that were found, within a distance that is given.",
    source: "its usual definition",
  },
  "depth errors": {
    text: "RMSE and MAE are errors in metres, RMSE with large ones counting more; abs rel and sq rel divide by the true depth; delta1 is the part of pixels within a factor of 1.25; log10, RMSE log and silog compare logarithms.",
    source: "Eigen et al. 2014",
  },
  precision: {
    text: "In how many bits a number is kept: fp32 in 32; fp16 and bf16 in 16, bf16 with a wider range and fewer digits.",
    source: "IEEE 754; docs/export.md",
  },
  int8: {
    text: "Weights as whole numbers of 8 bits, with a scale for each column; int4 has 4 bits and a scale for every 32. What flows between them gets its scale while the model runs, in int8-static beforehand.",
    source: "docs/export.md",
  },
  calibration: {
    text: "Running a few photographs through the model to choose the scales of int8-static.",
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
