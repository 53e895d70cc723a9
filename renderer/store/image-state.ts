/** The photographs: their shape. */
import type { ImageInfo } from "../../engine/protocol/messages.ts";
import type { WireTensor } from "../../engine/protocol/tensor.ts";

export interface Photograph {
  /** Ours; stays the same when the engine hands out a new id. */
  readonly key: string;
  readonly name: string;
  readonly credit: string | undefined;
  /** The file's bytes, kept so that a restarted engine can be given them again. */
  readonly file: Blob | undefined;
  /** Where it lies on the engine's machine, where somebody said so. */
  readonly path?: string | undefined;
  /** Undefined until the engine has opened it. */
  readonly info: Omit<ImageInfo, "preview"> | undefined;
  /** Pixels; known from the first opening on, so that nothing jumps while it is opened again. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** The class of every pixel, where somebody knows. */
  readonly labels?: PixelLabels | undefined;
  /** Address of the preview for an <img>. */
  readonly previewUrl: string | undefined;
}

/** As large as the photograph, or of the same shape. */
export interface PixelLabels {
  readonly width: number;
  readonly height: number;
  /** [height, width]; 255 of eight bits is no class. */
  readonly values: Uint8Array | Int32Array;
  /** Of a picture of labels, its file: sessions keep it. */
  readonly file?: LabelFile | undefined;
  /** By class, where they have names. */
  readonly names?: readonly string[] | undefined;
}

export interface LabelFile {
  readonly name: string;
  /** uint8 [n] */
  readonly bytes: WireTensor;
  /** Where it lies on the engine's machine, where somebody said so. */
  readonly path?: string | undefined;
}

export interface NamedFile {
  readonly name: string;
  readonly blob: Blob;
  /** Where it lies on the engine's machine, where somebody knows. */
  readonly path?: string | undefined;
  readonly labels?: PixelLabels | undefined;
}

export interface ImageState {
  readonly photographs: readonly Photograph[];
  /** Key of the photograph on the stage. */
  readonly active: string | undefined;
  addSamples(samples: readonly { name: string; credit: string }[]): void;
  /** Open files and show the first that could be read. */
  openFiles(files: readonly NamedFile[]): Promise<void>;
  /**
   * Files joined to the photographs with nothing shown of them yet.
   * @returns the key of each in order; undefined when one of them cannot be opened: then none is kept
   */
  joinFiles(files: readonly NamedFile[]): Promise<readonly string[] | undefined>;
  choose(key: string): Promise<void>;
  /**
   * Read a picture of labels, a PNG with a number a class, for a photograph.
   * @param names by class, where they have names
   */
  labelPhotograph(key: string, file: NamedFile, names?: readonly string[]): Promise<void>;
  /** @returns whether the engine has it open */
  ensureOpen(key: string): Promise<boolean>;
  /** Its file is kept for undo. */
  remove(key: string): void;
  /** These and no others, opened again where they had been removed; an empty list changes nothing. */
  putPhotographs(photographs: readonly Photograph[]): void;
  /** Open samples for their thumbnails, one after the other. */
  openRemaining(): Promise<void>;
  /** Engine ids are void; previews stay on screen. */
  forgetOpened(): void;
}
