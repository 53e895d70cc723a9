/**
 * Images through the backbone, a segment of blocks at a time: what earlier runs left in the cache is
 * not computed again, and a cancellation is heard between two segments.
 */
import { LRUCache } from "lru-cache";
import type { HostTensor } from "../executors/executor.ts";
import { hasNormAfter, layerFlops, layerSize, layerWord } from "../model/layers.ts";
import { blockName } from "../model/params.ts";
import {
  attentionProgram,
  normProgram,
  planSegments,
  segmentProgram,
  type BackboneShape,
  type Segment,
} from "../model/programs.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import { breathe, type Control } from "./control.ts";
import type { ProgramCache } from "./programs.ts";

/** One image at one size through one model. */
export interface Pass {
  readonly shape: BackboneShape;
  /** Tells this image and size from others in the cache. */
  readonly key: string;
  /** [3, H, W], normalised; asked for when the first block has to run. */
  image(signal: AbortSignal): Promise<Float32Array>;
}

/** "norm" is the last block after the final norm. */
type TokenName = number | "norm";

export class Forward {
  private readonly tokens: LRUCache<string, Float32Array>;
  /** FLOP/s of the latest segments, for estimates. */
  private speed: number | undefined;

  /** @param maxBytes of tokens kept */
  constructor(
    private readonly programs: ProgramCache,
    private readonly maxBytes: number,
  ) {
    this.tokens = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (tokens) => Math.max(1, tokens.byteLength),
    });
  }

  /** Drop what is cached of an image or a model. */
  forget(matches: (key: string) => boolean): void {
    for (const key of this.tokens.keys()) if (matches(key)) this.tokens.delete(key);
  }

  has(pass: Pass, name: TokenName): boolean {
    return this.tokens.has(cacheKey(pass, name));
  }

  /**
   * @param block counted from 0
   * @param norm  whether the final norm is applied
   * @returns [n * d] tokens after the block; shared, do not write to it
   * @throws EngineError "cancelled", or what the executor refuses
   */
  async tokensAfter(
    pass: Pass,
    block: number,
    norm: boolean,
    control: Control,
  ): Promise<Float32Array> {
    const { config } = pass.shape;
    const isLast = block === config.depth - 1;
    const isNormed = norm && hasNormAfter(config, block);
    const wanted: TokenName = isNormed && isLast ? "norm" : block;
    const tokens = await this.compute(pass, wanted, control);
    return isNormed && !isLast ? this.normalise(pass, block, tokens) : tokens;
  }

  /** @returns [heads * n] attention of one token in one block */
  async attention(
    pass: Pass,
    block: number,
    token: number,
    control: Control,
  ): Promise<Float32Array> {
    const { shape } = pass;
    const before = block === 0 ? undefined : await this.compute(pass, block - 1, control);
    const image = before ? undefined : await pass.image(control.signal);
    const program = await this.programs.prepare(attentionProgram(shape, block));
    const { rows } = await program.run(
      {
        token: { dtype: "int32", shape: [1], data: Int32Array.of(token) },
        ...(before ? { tokens: tokenTensor(shape, block - 1, before) } : {}),
        ...(image ? { image: imageTensor(shape, image) } : {}),
      },
      ["rows"],
    );
    return rows!.data as Float32Array;
  }

  private async compute(pass: Pass, wanted: TokenName, control: Control): Promise<Float32Array> {
    const known = this.tokens.get(cacheKey(pass, wanted));
    if (known) return known;
    const { shape } = pass;
    const { config, grid } = shape;
    const patches = grid.rows * grid.cols;
    const work = ({ first, last }: Segment) =>
      range(first, last).reduce((sum, k) => sum + layerFlops(config, patches, k), 0);
    const lastBlock = wanted === "norm" ? config.depth - 1 : wanted;
    const segments = planSegments(config, patches).filter(({ first }) => first <= lastBlock);
    // Start after the latest segment whose result is still there.
    let start = segments.length - 1;
    while (start > 0 && !this.has(pass, segments[start]!.first - 1)) start--;
    const ahead = segments.slice(start);
    const total = ahead.reduce((sum, segment) => sum + work(segment), 0);
    const [word, several] =
      layerWord(config) === "stage" ? ["Stage", "Stages"] : ["Block", "Blocks"];

    let done = 0;
    let result: Float32Array | undefined;
    let tokens = this.tokens.get(cacheKey(pass, ahead[0]!.first - 1));
    const report = (first: number, last: number) => {
      const which =
        first === last ? `${word} ${first + 1}` : `${several} ${first + 1} to ${last + 1}`;
      const remainingMs =
        this.speed === undefined ? undefined : ((total - done) / this.speed) * 1000;
      control.progress(done / total, `${which} of ${config.depth}`, remainingMs);
    };
    for (const { first, last } of ahead) {
      await breathe();
      throwIfAborted(control.signal, "The forward pass");
      report(first, last);
      const feeds: Record<string, HostTensor> =
        first === 0
          ? { image: imageTensor(shape, await pass.image(control.signal)) }
          : { tokens: tokenTensor(shape, first - 1, tokens!) };
      const program = await this.programs.prepare(segmentProgram(shape, { first, last }));
      const names = this.outputsOf(pass, first, last, wanted);
      const started = performance.now();
      const outputs = await program.run(feeds, names.map(outputName));
      this.speed = (work({ first, last }) * 1000) / (performance.now() - started);
      for (const name of names) {
        const data = outputs[outputName(name)]!.data as Float32Array;
        this.tokens.set(cacheKey(pass, name), data);
        if (name === wanted) result = data;
        if (name === last) tokens = data;
      }
      done += work({ first, last });
    }
    return result!;
  }

  /** Every block of a segment where memory allows: then the layer slider has nothing to wait for. */
  private outputsOf(pass: Pass, first: number, last: number, wanted: TokenName): TokenName[] {
    const { config, grid } = pass.shape;
    const tokenBytes = range(0, config.depth - 1).reduce((sum, k) => {
      const { tokens, width } = layerSize(config, grid, k);
      return sum + 4 * width * tokens;
    }, 0);
    const isRoomy = tokenBytes <= this.maxBytes / 4;
    const blocks = range(first, last);
    const kept: TokenName[] = isRoomy ? blocks : blocks.filter((k) => k === last || k === wanted);
    const hasNorm = last === config.depth - 1 && hasNormAfter(config, last);
    return hasNorm && (isRoomy || wanted === "norm") ? [...kept, "norm"] : kept;
  }

  private async normalise(pass: Pass, block: number, tokens: Float32Array): Promise<Float32Array> {
    const key = `${cacheKey(pass, block)} normed`;
    const known = this.tokens.get(key);
    if (known) return known;
    const program = await this.programs.prepare(normProgram(pass.shape));
    const { norm } = await program.run({ tokens: tokenTensor(pass.shape, block, tokens) }, [
      "norm",
    ]);
    const normed = norm!.data as Float32Array;
    this.tokens.set(key, normed);
    return normed;
  }
}

function cacheKey(pass: Pass, name: TokenName): string {
  return `${pass.shape.model} ${pass.key} ${pass.shape.rope} ${name}`;
}

function outputName(name: TokenName): string {
  return name === "norm" ? "norm" : blockName(name);
}

/** What leaves layer k. */
function tokenTensor({ config, grid }: BackboneShape, k: number, data: Float32Array): HostTensor {
  const { tokens, width } = layerSize(config, grid, k);
  return { dtype: "float32", shape: [1, tokens, width], data };
}

/** first..last, both included */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function imageTensor({ config, grid }: BackboneShape, data: Float32Array): HostTensor {
  const shape = [1, 3, grid.rows * config.patch, grid.cols * config.patch];
  return { dtype: "float32", shape, data };
}
