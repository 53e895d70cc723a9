/** What the configuration of an official run says of its student that the weights do not. */
import { configAbove } from "../checkpoints/official-run.ts";
import type { YamlScalars } from "../checkpoints/yaml-scalars.ts";
import { dinov3Preprocessor, preprocessor, type Preprocessor } from "../image/preprocessor.ts";
import type { ShapeHints } from "./derive-shape.ts";

export interface RunHints extends ShapeHints {
  /** Its own mean and deviation, with the usual size. */
  readonly preprocessor?: Preprocessor | undefined;
}

/** Width and heads of the architectures of dinov3/models/vision_transformer.py. */
const architectures: Readonly<Record<string, { width: number; heads: number }>> = {
  vit_small: { width: 384, heads: 6 },
  vit_base: { width: 768, heads: 12 },
  vit_large: { width: 1024, heads: 16 },
  vit_so400m: { width: 1152, heads: 18 },
  vit_huge2: { width: 1280, heads: 20 },
  vit_giant2: { width: 1536, heads: 24 },
  vit_7b: { width: 4096, heads: 32 },
};

/**
 * @param checkpoint its file or folder
 * @param width of the network that it holds: a configuration of another one says nothing
 */
export async function runHints(checkpoint: string, width: number | undefined): Promise<RunHints> {
  const config = await configAbove(checkpoint);
  if (!config) return {};
  const text = (key: string) => {
    const value = config.get(key);
    return typeof value === "string" ? value : undefined;
  };
  const architecture = own(architectures, text("student.arch"));
  if (architecture && architecture.width !== width) return {};
  const base = Number(text("student.pos_embed_rope_base"));
  const epsilons: Readonly<Record<string, number>> = { layernorm: 1e-6, layernormbf16: 1e-5 };
  return {
    heads: architecture?.heads,
    normEpsilon: own(epsilons, text("student.norm_layer")),
    ropeTheta: base > 0 ? base : undefined,
    preprocessor: statistics(config),
  };
}

function statistics(config: YamlScalars): Preprocessor | undefined {
  const triple = (key: string) => {
    const value = config.get(key);
    return Array.isArray(value) ? value.map(Number) : undefined;
  };
  const [mean, std] = [triple("crops.rgb_mean"), triple("crops.rgb_std")];
  return preprocessor.safeParse({ ...dinov3Preprocessor, mean, std }).data;
}

function own<T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
