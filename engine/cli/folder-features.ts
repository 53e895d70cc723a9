/** `gramscope features --images`: the tokens of a folder's images, in one file. */
import { listImages } from "../data/image-files.ts";
import { extractFeatures } from "../features/extract-features.ts";
import { formatOf } from "../features/formats.ts";
import { featurePrecisions, tokenChoices } from "../features/image-features.ts";
import { formatInputSize, parseInputSize } from "../protocol/view.ts";
import { peakResidentBytes } from "./machine.ts";
import { memoryBudget, openLocalSession } from "./local-session.ts";
import { oneOf, parseLayer, type LookOptions } from "./options.ts";

export interface FolderFeaturesOptions extends Omit<LookOptions, "image"> {
  readonly images: string;
  readonly layer: string;
  readonly tokens?: string;
  readonly precision?: string;
  readonly out: string;
}

export async function runFolderFeatures(options: FolderFeaturesOptions): Promise<void> {
  const { out } = options;
  const format = formatOf(out);
  const tokens = oneOf("--tokens", options.tokens ?? "cls", tokenChoices);
  const precision = oneOf("--precision", options.precision ?? "fp32", featurePrecisions);
  const size = parseInputSize(options.size);
  const layer = parseLayer(options.layer);
  const files = await listImages(options.images);
  // Every image is asked for once: nothing of it is worth keeping.
  const memory = { ...memoryBudget(), featureBytes: 1 };
  const local = await openLocalSession(options, memory);
  try {
    const { model, session } = local;
    const started = performance.now();
    const about = {
      model: model.name,
      source: model.source,
      trained: String(model.trained),
      layer: String(layer),
      norm: "true",
      size: formatInputSize(size),
      preprocess: model.preprocess,
      rope: options.rope,
      executor: local.executors.find(({ chosen }) => chosen)!.name,
    };
    const wish = { folder: options.images, files, out, format, tokens, precision, about };
    const { count, skipped } = await extractFeatures(
      wish,
      async (file) => {
        const { id } = await local.openImage(file);
        const ref = { model: model.id, image: id, size, layer, norm: true };
        return {
          features: (control) => session.features(ref, control),
          close: () => local.closeImage(id),
        };
      },
      local.control,
    );
    for (const { file, reason } of skipped) console.error(`Left out ${file}: ${reason}`);
    const elapsedMs = Math.round(performance.now() - started);
    if (options.json) {
      const peakMemoryBytes = await peakResidentBytes();
      const result = { out, images: count, skipped, tokens, precision, elapsedMs, peakMemoryBytes };
      console.log(JSON.stringify(result));
    } else {
      const left = skipped.length === 0 ? "" : `, ${skipped.length} left out`;
      console.log(`${out}: ${tokens} of ${count} images${left}, ${elapsedMs} ms`);
    }
  } finally {
    await local.dispose();
  }
}
