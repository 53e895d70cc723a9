/** Images with what is known of them: what every labelled set gives, whether read or generated. */

/** sRGB pixels [height, width, 3], upright. */
export interface Picture {
  /** For messages and reports: a path, or "scene 12". */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** In pixels, from the left and from the top; the right and lower edges lie outside. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A class of a pixel that counts neither for nor against. */
export const ignored = 255;

/** The mask has the size of the picture: [height, width], a class or {@link ignored}. */
export interface SegmentedImage {
  readonly picture: Picture;
  readonly mask: Uint8Array;
}

/** [height, width] in metres; 0 where it is not known. */
export interface DepthImage {
  readonly picture: Picture;
  readonly depth: Float32Array;
}

export interface ClassedImage {
  readonly picture: Picture;
  readonly label: number;
}

/** Points that belong together, in pixels of the one and of the other picture. */
export interface MatchedPair {
  readonly first: Picture;
  readonly second: Picture;
  readonly points: readonly { readonly from: Point; readonly to: Point }[];
  /**
   * Length in pixels of the second picture that thresholds are parts of: the longer side of the
   * object's box, or of the picture.
   */
  readonly unit: number;
  /** Where matches may lie in the first picture: [height, width], 1 inside; everywhere if absent. */
  readonly object?: Uint8Array | undefined;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface BoxedImage {
  readonly picture: Picture;
  readonly boxes: readonly Box[];
}

/** Masks have an instance a value, [height, width]; 0 is none of them, ignored counts for nothing. */
export interface LabelledFrames {
  readonly name: string;
  readonly frames: readonly Picture[];
  readonly masks: readonly Uint8Array[];
}

export type Split = "train" | "test";

/** Items are read when they are asked for. */
export interface Items<Item> {
  readonly count: number;
  /** @throws EngineError that names the file and what is wrong with it */
  load(index: number): Promise<Item>;
}

/** What a labelled set may hold. */
export interface LabelledSets {
  readonly segmentation: {
    /** Names by class. */
    readonly classes: readonly string[];
    readonly splits: Readonly<Record<Split, Items<SegmentedImage>>>;
  };
  readonly depth: {
    /** In metres. */
    readonly range: readonly [nearest: number, farthest: number];
    readonly splits: Readonly<Record<Split, Items<DepthImage>>>;
  };
  readonly classification: {
    readonly classes: readonly string[];
    readonly splits: Readonly<Record<Split, Items<ClassedImage>>>;
  };
  readonly correspondence: { readonly items: Items<MatchedPair> };
  readonly discovery: { readonly items: Items<BoxedImage> };
  readonly tracking: { readonly items: Items<LabelledFrames> };
}

export type Task = keyof LabelledSets;

/** A set of one task. */
export type LabelledSet<T extends Task> = LabelledSets[T] & {
  /** In words, for reports: "VOC layout in photos, 12 images to train on, 4 to test". */
  readonly description: string;
  /** Identifies what is in it, for caches: of paths, sizes and times, or of a seed and counts. */
  readonly fingerprint: string;
};
