/**
 * What is loaded now and what can be asked of it: models, feature maps and probes on one executor.
 * The command line and the compute thread both work through it.
 */
import type { Executor, Program } from "../executors/executor.ts";
import { planInput } from "../image/plan-input.ts";
import type { Preprocessor } from "../image/preprocessor.ts";
import { hasClassToken, traitsOf, type VitConfig } from "../model/config.ts";
import { hasNormAfter, layerPatch, layerSize } from "../model/layers.ts";
import type { RopePrecision } from "../model/rope.ts";
import { splitTokens } from "../model/split-tokens.ts";
import { runProbe, shownFeatures } from "../probes/catalog.ts";
import type { FeatureMap, ProbeContext } from "../probes/probe.ts";
import { EngineError } from "../protocol/errors.ts";
import type { Geometry } from "../protocol/geometry.ts";
import type { ModelCard } from "../protocol/messages.ts";
import type { ProbeCall, ProbeResult } from "../protocol/probes.ts";
import { formatInputSize, type FeatureRef } from "../protocol/view.ts";
import { unattended, type Control } from "./control.ts";
import { Forward, type Pass } from "./forward.ts";
import { Models, type OpenModel } from "./models.ts";
import { ProgramCache } from "./programs.ts";
import { probeSnapshot, type SnapshotPlace } from "./snapshot-probe.ts";
import { Turns } from "./turns.ts";

/** Photographs as the session sees them; decoding and resizing happen elsewhere. */
export interface PixelSource {
  /** @throws EngineError "option.invalid" for an unknown id */
  describe(image: string): Promise<{ name: string; width: number; height: number }>;
  /** @returns [3, H, W] of the geometry's input, normalised */
  input(
    image: string,
    geometry: Geometry,
    preprocessor: Preprocessor,
    signal: AbortSignal,
  ): Promise<Float32Array>;
}

export interface SessionOptions {
  readonly executor: Executor;
  readonly pixels: PixelSource;
  /** Bytes of tokens to keep. */
  readonly featureBytes: number;
  /** Bytes of prepared programs to keep. */
  readonly programBytes: number;
  readonly rope?: RopePrecision | undefined;
}

export interface TimedFeatures extends FeatureMap {
  /** Milliseconds from question to answer without the queue; near 0 from the cache. */
  readonly elapsedMs: number;
  readonly cached: boolean;
}

export interface TimedResult {
  readonly geometry: Geometry;
  readonly result: ProbeResult;
  readonly elapsedMs: number;
}

export class Session {
  private readonly models = new Models((id) => this.forgetModel(id));
  private readonly programs: ProgramCache;
  private readonly forward: Forward;
  private readonly turns = new Turns();

  constructor(private readonly options: SessionOptions) {
    this.programs = new ProgramCache(options.executor, options.programBytes);
    this.forward = new Forward(this.programs, options.featureBytes);
  }

  /** @throws EngineError see Models.openPath */
  async openModel(path: string, control: Control): Promise<ModelCard> {
    return (await this.models.openPath(path, control)).card;
  }

  /** Drop the features of a photograph that was closed. */
  forgetImage(image: string): void {
    this.forward.forget((key) => key.split(" ")[1] === image);
  }

  /** @throws EngineError "image.size", "option.invalid", "cancelled", or the executor's words */
  features(ref: FeatureRef, control: Control): Promise<TimedFeatures> {
    return this.turns.take(control.signal, "The forward pass", () =>
      this.featuresNow(ref, control),
    );
  }

  /** @throws EngineError as features, and what the probe refuses */
  probe(ref: FeatureRef, call: ProbeCall, control: Control): Promise<TimedResult> {
    return this.turns.take(control.signal, `The ${call.probe} probe`, async () => {
      const started = performance.now();
      const forward = forwardOnly(control);
      // The backbone is most of the work of most probes.
      const backbone = scaled(forward, 0, 0.8);
      const features = await this.featuresNow(ref, backbone);
      const context = this.probeContext(backbone, scaled(forward, 0.8, 1));
      const result = await runProbe(call, features, ref, context);
      const shown = shownFeatures(call, ref);
      const geometry = shown === ref ? features.geometry : (await this.passOf(shown)).geometry;
      return { geometry, result, elapsedMs: performance.now() - started };
    });
  }

  /** @throws EngineError as probeSnapshot */
  snapshotProbe(
    place: SnapshotPlace,
    call: ProbeCall,
    basis: number | undefined,
    control: Control,
  ): Promise<TimedResult> {
    return this.turns.take(control.signal, `The ${call.probe} probe`, async () => {
      const started = performance.now();
      const prepare = (program: Program) => this.programs.prepare(program);
      const found = await probeSnapshot(place, call, basis, prepare, control);
      return { ...found, elapsedMs: performance.now() - started };
    });
  }

  /** Waits for what is running: programs are not taken from under it. */
  async dispose(): Promise<void> {
    await this.turns.take(unattended.signal, "Closing", async () => {
      this.programs.clear();
      await this.options.executor.dispose();
    });
  }

  private forgetModel(id: string): void {
    void this.turns.take(unattended.signal, "Closing a model", async () => {
      this.programs.forget(`${id} `);
      this.forward.forget((key) => key.startsWith(`${id} `));
    });
  }

  private async featuresNow(ref: FeatureRef, control: Control): Promise<TimedFeatures> {
    const started = performance.now();
    const { model, pass, geometry, block, name } = await this.passOf(ref);
    const { config } = model;
    const isLast = block === config.depth - 1;
    const norm = ref.norm && hasNormAfter(config, block);
    const cached = this.forward.has(pass, norm && isLast ? "norm" : block);
    const tokens = await this.forward.tokensAfter(pass, block, ref.norm, control);
    const { width } = layerSize(config, pass.shape.grid, block);
    return {
      ...splitTokens(config, tokens, width),
      geometry,
      width,
      block,
      norm,
      model: model.card,
      image: name,
      elapsedMs: performance.now() - started,
      cached,
    };
  }

  private probeContext(backbone: Control, probe: Control): ProbeContext {
    return {
      prepare: (program) => this.programs.prepare(program),
      features: (ref) => this.featuresNow(ref, backbone),
      attentionRows: async (ref, tokenIndex) => {
        const { model, pass, block } = await this.passOf(ref);
        const config = attending(model);
        if (hasClassToken(config)) {
          const rows = await this.forward.attention(pass, block, tokenIndex, backbone);
          return { rows, heads: config.heads };
        }
        if (tokenIndex === 0) {
          throw new EngineError(
            "option.invalid",
            `attention: ${model.card.name} has no class token that could look anywhere`,
            { hint: "Ask for the attention of a patch instead." },
          );
        }
        const rows = await this.forward.attention(pass, block, tokenIndex - 1, backbone);
        return { rows: withoutClass(rows, config.heads), heads: config.heads };
      },
      signal: probe.signal,
      progress: (fraction, label) => probe.progress(fraction, label),
    };
  }

  private async passOf(ref: FeatureRef) {
    const model = this.models.get(ref.model);
    const { name, width, height } = await this.options.pixels.describe(ref.image);
    const { config, params, preprocessor } = model;
    const block = blockOf(ref, model);
    const input = planInput({ width, height }, ref.size, preprocessor, config.patch);
    const rope = this.options.rope ?? "fp32";
    const pass: Pass = {
      shape: { model: ref.model, config, params, grid: input.grid, rope },
      key: `${ref.image} ${formatInputSize(ref.size)}`,
      image: (signal) => this.options.pixels.input(ref.image, input, preprocessor, signal),
    };
    const { rows, cols } = layerSize(config, input.grid, block);
    const geometry = { ...input, patch: layerPatch(config, block), grid: { rows, cols } };
    return { model, pass, geometry, block, name };
  }
}

/** @throws EngineError "option.invalid" for a model whose attention cannot be shown */
function attending({ config, card }: OpenModel): VitConfig {
  const refused = (why: string) =>
    new EngineError("option.invalid", `attention: ${card.name} ${why}`, {
      hint: "Cosine similarity shows what its patches have in common.",
    });
  if (config.architecture === "convnext") throw refused("is a convolutional network and has none");
  if (traitsOf(config).windows) throw refused("attends within windows, which is not shown");
  return config;
}

function blockOf({ layer }: FeatureRef, { config, card }: OpenModel): number {
  if (layer === "last") return config.depth - 1;
  if (layer < config.depth) return layer;
  throw new EngineError(
    "option.invalid",
    `layer: expected 0 to ${config.depth - 1} for ${card.name}, received ${layer}`,
  );
}

/** Rows [heads, n] with a first column of zeros for a class token that is not there. */
function withoutClass(rows: Float32Array, heads: number): Float32Array {
  const n = rows.length / heads;
  const wider = new Float32Array(heads * (n + 1));
  for (let h = 0; h < heads; h++) wider.set(rows.subarray(h * n, (h + 1) * n), h * (n + 1) + 1);
  return wider;
}

/** Work that asks for several feature maps starts over with each; whoever watches sees no step back. */
function forwardOnly(control: Control): Control {
  let furthest = 0;
  return {
    signal: control.signal,
    progress: (fraction, label, remainingMs) => {
      furthest = Math.max(furthest, fraction);
      control.progress(furthest, label, remainingMs);
    },
  };
}

/** The part of a longer progress that one piece of work covers. */
function scaled(control: Control, from: number, to: number): Control {
  return {
    signal: control.signal,
    progress: (fraction, label, remainingMs) =>
      control.progress(from + fraction * (to - from), label, remainingMs),
  };
}
