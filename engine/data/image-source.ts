/**
 * Batches out of a list of images: an endless row of epochs, each in an order of its own, cropped
 * and distorted by threads. A batch is a function of the list, the recipe and the step.
 */
import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { cancelled, throwIfAborted } from "../protocol/errors.ts";
import { Draws } from "../random/draws.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Outcome } from "../threads/outcome.ts";
import { builtThreadFile } from "../threads/thread-file.ts";
import type { BatchSource, CropSizes, LoadedBatch } from "./batch.ts";
import { assembleBatch } from "./assemble-batch.ts";
import { cropSizesAt } from "./crop-mix.ts";
import type { CroppedImage, CropSettings, CropTask } from "./data-thread.ts";
import { purposes } from "./draw-streams.ts";
import { noImages, type SkippedFile } from "./image-files.ts";
import type { Normalisation } from "./render-crop.ts";

export interface ImageSourceOptions extends Normalisation {
  readonly recipe: Recipe;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Sizes of the crops of a step. Absent: as the recipe says, drawn where it has a mix. */
  readonly sizesAt?: ((step: number) => CropSizes) | undefined;
  /** The built data-thread.js. Absent: beside the file that this code was built into. */
  readonly threadFile?: string | undefined;
  /** This many threads. Absent: one fewer than the machine's cores, at least one. */
  readonly threads?: number | undefined;
  /** Bytes of decoded pixels that each thread keeps; 0: none. */
  readonly cacheBytes?: number | undefined;
}

/** What the images are. */
export interface ImageList {
  /** Files of photographs, or names of scenes. */
  readonly names: readonly string[];
  /** Those that are left out from the start; those that turn out damaged join them. */
  readonly skipped: SkippedFile[];
  /** Where they are, for messages: a folder. */
  readonly place: string;
}

const defaultCacheBytes = 128 * 1024 * 1024;

/** Batches that may lie finished or in work and were not asked for yet. */
const mostPrefetched = 8;

export class ImageSource implements BatchSource {
  private readonly lifetime = new AbortController();
  private readonly prefetched = new Map<number, Promise<LoadedBatch>>();
  private readonly orders = new Map<number, Uint32Array>();
  /** Files whose data turned out damaged. Their tasks would fail again, so this only saves time. */
  private readonly damaged = new Set<string>();
  private readonly settings: CropSettings;
  private readonly pool: Piscina;

  constructor(
    private readonly options: ImageSourceOptions,
    private readonly list: ImageList,
  ) {
    this.pool = startPool(options);
    const { recipe, patch, mean, std, cacheBytes = defaultCacheBytes } = options;
    this.settings = { seed: recipe.seed, recipe, patch, mean, std, cacheBytes };
    // After close, an answer that was under way belongs to no task, which piscina calls an error.
    this.pool.on("error", (error) => {
      if (!this.lifetime.signal.aborted) throw error;
    });
  }

  /** Number of images that are in order as far as was looked. */
  get images(): number {
    return this.list.names.length;
  }

  get skipped(): SkippedFile[] {
    return this.list.skipped;
  }

  get description(): string {
    const images = this.images === 1 ? "1 image" : `${this.images} images`;
    const without = this.skipped.length > 0 ? `, ${this.skipped.length} skipped` : "";
    return `${images} in ${this.list.place}${without}`;
  }

  prefetch(step: number): void {
    if (this.prefetched.has(step)) return;
    // The oldest goes: nobody came for it.
    const [oldest] = this.prefetched.keys();
    if (this.prefetched.size >= mostPrefetched) this.prefetched.delete(oldest!);
    const batch = this.start(step);
    // Who loads this step is told; nobody else has to be.
    batch.catch(() => {});
    this.prefetched.set(step, batch);
  }

  load(step: number): Promise<LoadedBatch> {
    const batch = this.prefetched.get(step) ?? this.start(step);
    this.prefetched.delete(step);
    return batch;
  }

  async close(): Promise<void> {
    this.lifetime.abort();
    this.prefetched.clear();
    await this.pool.destroy();
  }

  private async start(step: number): Promise<LoadedBatch> {
    const { recipe, patch, sizesAt } = this.options;
    const sizes = sizesAt ? sizesAt(step) : cropSizesAt(recipe, step);
    // All at once: no task waits for this thread, which may be blocked in a native call.
    const images = await Promise.all(
      Array.from({ length: recipe.batchSize }, (_, image) => this.cropOne(step, image, sizes)),
    );
    return assembleBatch(images, sizes, recipe, patch, step);
  }

  /** The next image of the epoch stands in for a damaged one, whatever was loaded before. */
  private async cropOne(step: number, image: number, sizes: CropSizes): Promise<CroppedImage> {
    const position = step * this.options.recipe.batchSize + image;
    const count = this.list.names.length;
    const order = this.orderOf(Math.floor(position / count));
    for (let attempt = 0; attempt < count; attempt++) {
      const file = this.list.names[order[(position + attempt) % count]!]!;
      if (this.damaged.has(file)) continue;
      const outcome = await this.run({ file, step, image, sizes, settings: this.settings });
      if ("value" in outcome) return outcome.value;
      const { code, message } = outcome.error;
      if (code === "internal") throw new Error(message);
      if (!this.damaged.has(file)) this.skipped.push({ file, reason: message });
      this.damaged.add(file);
    }
    throw noImages(this.list.place, `received ${this.skipped.length}, all damaged`);
  }

  private async run(task: CropTask): Promise<Outcome<CroppedImage>> {
    const { signal } = this.lifetime;
    const what = "Loading a batch";
    throwIfAborted(signal, what);
    try {
      return (await this.pool.run(task, { name: "cropImage" })) as Outcome<CroppedImage>;
    } catch (error) {
      // The threads are gone, or the task was among those that went with them.
      throw signal.aborted ? cancelled(what) : error;
    }
  }

  /** A permutation of the files, keyed by (seed, epoch). */
  private orderOf(epoch: number): Uint32Array {
    const known = this.orders.get(epoch);
    if (known) return known;
    const draws = new Draws(this.options.recipe.seed, epoch, 0, purposes.order);
    const order = Uint32Array.from(draws.shuffle(Array.from(this.list.names.keys())));
    // A batch may reach over the border of two epochs, and prefetching over one more.
    if (this.orders.size >= 3) this.orders.clear();
    this.orders.set(epoch, order);
    return order;
  }
}

function startPool({
  threadFile = builtThreadFile("data-thread.js"),
  threads,
}: ImageSourceOptions): Piscina {
  const count = threads ?? Math.max(1, availableParallelism() - 1);
  return new Piscina({
    filename: threadFile,
    // All from the start: a thread that is started later needs this one to answer it.
    minThreads: count,
    maxThreads: count,
    // Tasks are handed over at once and wait in their thread, for the same reason.
    concurrentTasksPerWorker: 1_000_000,
    // Otherwise a thread that waits for a task blocks, and sharp's results are stuck behind it.
    atomics: "disabled",
  });
}
