/** Words of features and of the maps that are made of them. */
import type { Words } from "./entry.ts";

export const featureWords = {
  "patch token": {
    text: "The list of numbers that the network keeps for one square of the picture, 16 pixels a side in DINOv3 and 14 in some others. It starts as a weighted sum of the colours of the square and takes in more of its surroundings with every block.",
    source: "ViT (Dosovitskiy et al. 2020), sec. 3.1",
  },
  "CLS token": {
    text: "One token that belongs to no square. It gathers what the picture as a whole shows; the image-level loss of DINO is about it.",
    source: "ViT (Dosovitskiy et al. 2020), sec. 3.1",
  },
  register: {
    text: "A spare token that belongs to no square; DINOv3 has four. It gives the network a place to keep notes, so that it need not misuse patches of plain background for them.",
    source: "Vision Transformers Need Registers (Darcet et al. 2023)",
  },
  "query patch": {
    text: "The patch that all others are compared with: the one under the pointer, or the one that is held. A cross marks it.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 4.1, its cosine maps",
  },
  "cosine similarity": {
    text: "How much two lists of numbers point the same way, whatever their length: 1 for the same direction, 0 for unrelated, −1 for opposite. A map of it shows where a picture is like the query patch in the eyes of the network.",
    source: "its usual definition",
  },
  "Gram matrix": {
    text: "A table with a row and a column for each patch, and in each cell the cosine of the two patches. It holds which parts of a picture go together, and nothing of what the single numbers are.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 4.2",
  },
  PCA: {
    text: "Principal component analysis: the few directions along which patches differ most. Three of them become red, green and blue: patches of like colours are alike along these three.",
    source: "Pearson 1901; DINOv3, sec. 6.1.1",
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
    text: "A patch whose token is far longer than the others. Such patches often lie on plain background and hold notes about the whole picture instead of their own square; registers keep them away.",
    source: "Vision Transformers Need Registers (Darcet et al. 2023); DINOv3, app. A.1",
  },
  attention: {
    text: "How much a token takes from each token in a block, itself included. The weights of a token add up to 1.",
    source: "Attention Is All You Need (Vaswani et al. 2017), sec. 3.2",
  },
  "attention head": {
    text: "One of several attentions that work beside each other in a block, each with its own small queries, keys and values.",
    source: "Attention Is All You Need (Vaswani et al. 2017), sec. 3.2",
  },
  block: {
    text: "One layer of the transformer: an attention, then a small network that works on each token by itself. What each of them finds is added to the token. The model is a stack of blocks.",
    source: "ViT (Dosovitskiy et al. 2020), sec. 3.1",
  },
  "final norm": {
    text: "The last step of the model, a LayerNorm: the numbers of each token are brought to mean 0 and deviation 1, then each channel gets a learnt factor and offset. Patches are compared after it unless you say otherwise.",
    source: "Layer Normalization (Ba et al. 2016); DINOv3, app. A.2",
  },
  "k-means": {
    text: "Groups patches into k heaps so that each patch is nearest to the middle of its own heap. Another seed may end in other heaps.",
    source: "Lloyd 1982",
  },
  foreground: {
    text: "The part of a picture that belongs to the object rather than to what lies behind it. The probe on Look cuts the first principal component in two where that parts the patches best: a rule of thumb, and no label.",
    source: "DINOv2 (Oquab et al. 2023), sec. 7.5; Otsu 1979",
  },
  "dense features": {
    text: "The tokens of the patches, taken together: they say what is where. The CLS token says only what is there.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 1",
  },
  token: {
    text: "A list of numbers that the network carries through all its blocks: one for each patch, one for the picture as a whole, and a few to spare.",
    source: "Attention Is All You Need (Vaswani et al. 2017)",
  },
  features: {
    text: "What the network makes of a picture: the numbers of its tokens at a layer. Everything that is shown here is made of them.",
    source: "docs/features.md",
  },
  backbone: {
    text: "The network that turns a picture into features, without the heads that training puts on top.",
    source: "DINOv3 (Siméoni et al. 2025), sec. 3.2",
  },
  parameters: {
    text: "The numbers of a network that training sets: its weights and biases.",
    source: "its usual definition",
  },
  "feed-forward": {
    text: "The second half of a block: a small network that works on each token by itself. As an MLP it is two linear maps with a bend (GELU) between them. SwiGLU has three: one, bent, is a gate that multiplies the second, and the third takes the product.",
    source: "GLU Variants Improve Transformer (Shazeer 2020)",
  },
  LayerScale: {
    text: "A learnt factor for each channel of what a block adds to a token. It starts small, at 0.00001 in DINOv3, so that deep networks begin gently.",
    source: "Going deeper with Image Transformers (Touvron et al. 2021)",
  },
  RoPE: {
    text: "Rotary position embedding: pairs of numbers of queries and keys are turned by angles that say where a patch lies. In DINOv3 CLS and registers are not turned, and both axes go from −1 to 1, so any size of picture fits.",
    source: "RoFormer (Su et al. 2021); DINOv3, sec. 3.2",
  },
  probe: {
    text: "A question that is put to features which stay as they are. On Look it is answered with a map, on Measure with numbers against labels.",
    source: "docs/features.md",
  },
  "principal component": {
    text: "One of the directions of a PCA, in the order of how much patches differ along them. PC 1 is the first. Its sign is arbitrary.",
    source: "its usual definition",
  },
  "explained variance": {
    text: "The part of the variance of all patches, that is of their squared distances from the mean, that lies along a component.",
    source: "its usual definition",
  },
  whitening: {
    text: "Dividing each component by its standard deviation, so that the later ones count as much as the first.",
    source: "its usual definition",
  },
  cluster: {
    text: "A heap of patches that resemble each other, as k-means finds them. Its number means nothing.",
    source: "Lloyd 1982",
  },
  inertia: {
    text: "The sum of squared distances of patches from the middles of their groups: the less, the tighter the groups.",
    source: "its usual definition",
  },
  entropy: {
    text: "How evenly something is spread: 0 where all of it lies in one place. That of attention is in bits; little means that it looks at few tokens.",
    source: "Shannon 1948",
  },
  UMAP: {
    text: "A layout in space that tries to keep each patch near those that it resembles. Near neighbours are mostly right; distances between far groups mean little.",
    source: "UMAP (McInnes et al. 2018)",
  },
  seed: {
    text: "The number that all random draws follow from. The same seed gives the same result on the same device, bit by bit on the CPU.",
    source: "docs/training.md",
  },
} satisfies Words;
