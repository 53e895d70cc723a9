/** A row an image in one Parquet file: its name, its grid, and a list of float32 for each kind of tokens. */
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { EngineError } from "../protocol/errors.ts";
import type { FeatureWriter, WriterOptions } from "./feature-writer.ts";
import { GrowingFile } from "./growing-file.ts";
import type { ImageFeatures } from "./image-features.ts";

/** The encoder holds some twenty times what it encodes. */
const rowGroupBytes = 4 * 2 ** 20;

/** @throws EngineError "option.invalid" for float16, which few readers of Parquet know */
export async function parquetWriter({ path, precision }: WriterOptions): Promise<FeatureWriter> {
  if (precision === "fp16") {
    throw new EngineError("option.invalid", `${path}: Parquet holds features as float32`, {
      hint: "Use --precision fp32, or write .npy, .npz or .safetensors.",
    });
  }
  const file = await GrowingFile.create(path);
  const bytes = new ByteWriter();
  let parquet: ParquetWriter | undefined;
  let rows: ImageFeatures[] = [];
  let waiting = 0;

  const flush = async () => {
    await file.append(bytes.getBytes());
    bytes.index = 0;
  };
  const writeRows = async () => {
    const [first] = rows;
    if (!first) return;
    parquet ??= new ParquetWriter({
      writer: bytes,
      schema: schemaOf(first),
      codec: "UNCOMPRESSED",
      statistics: false,
    });
    await parquet.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
    await flush();
    rows = [];
    waiting = 0;
  };
  return {
    async append(image) {
      rows.push(image);
      waiting += image.arrays.reduce((sum, { values }) => sum + values.byteLength, 0);
      if (waiting >= rowGroupBytes) await writeRows();
    },
    async finish(about) {
      await writeRows();
      if (!parquet) throw new Error("internal: a file of features without an image");
      parquet.kvMetadata = Object.entries(about).map(([key, value]) => ({ key, value }));
      await parquet.finish();
      await flush();
      await file.close();
      await file.publish();
    },
    discard: () => file.discard(),
  };
}

function schemaOf({ arrays }: ImageFeatures): SchemaElement[] {
  const required = { repetition_type: "REQUIRED" } as const;
  return [
    { name: "features", num_children: 3 + arrays.length },
    { name: "image", type: "BYTE_ARRAY", converted_type: "UTF8", ...required },
    { name: "rows", type: "INT32", ...required },
    { name: "columns", type: "INT32", ...required },
    ...arrays.flatMap(({ name }): SchemaElement[] => [
      { name, converted_type: "LIST", num_children: 1, ...required },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "FLOAT", ...required },
    ]),
  ];
}

function columnsOf(rows: readonly ImageFeatures[]) {
  const kinds = rows[0]!.arrays.map(({ name }) => name);
  return [
    { name: "image", data: rows.map(({ name }) => name) },
    { name: "rows", data: Int32Array.from(rows, ({ grid }) => grid.rows) },
    { name: "columns", data: Int32Array.from(rows, ({ grid }) => grid.cols) },
    ...kinds.map((name, i) => ({
      name,
      data: rows.map(({ arrays }) => Array.from(arrays[i]!.values)),
      // No two features are alike: a dictionary would only be tried in vain.
      encoding: "PLAIN" as const,
    })),
  ];
}
