/** The formats that features are written in, by the ending of the file's name. */
import path from "node:path";
import { EngineError } from "../protocol/errors.ts";
import type { FeatureWriter, WriterOptions } from "./feature-writer.ts";
import { npyWriter } from "./npy-writer.ts";
import { npzWriter } from "./npz-writer.ts";
import { parquetWriter } from "./parquet-writer.ts";
import { safetensorsWriter } from "./safetensors-writer.ts";

export interface FeatureFormat {
  /** Whether all images are one array, and the tokens of "all" too. */
  readonly isOneArray: boolean;
  create(options: WriterOptions): Promise<FeatureWriter>;
}

const formats: Readonly<Record<string, FeatureFormat>> = {
  ".npy": { isOneArray: true, create: npyWriter },
  ".npz": { isOneArray: false, create: npzWriter },
  ".parquet": { isOneArray: false, create: parquetWriter },
  ".safetensors": { isOneArray: false, create: safetensorsWriter },
};

/** @throws EngineError "option.invalid" */
export function formatOf(file: string): FeatureFormat {
  const format = formats[path.extname(file).toLowerCase()];
  if (format) return format;
  throw new EngineError(
    "option.invalid",
    `--out: expected a file that ends in ${Object.keys(formats).join(", ")}; received "${file}"`,
  );
}
