/**
 * The messages of ONNX that we write, with the field numbers of onnx.proto (ONNX IR version 10,
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); protobufjs encodes them.
 */
import protobuf from "protobufjs/light.js";

export interface OnnxTensor {
  name: string;
  dims: readonly number[];
  dataType: number;
  rawData?: Uint8Array;
  /** EXTERNAL = 1. */
  dataLocation?: number;
  /** location, offset and length, as text. */
  externalData?: { key: string; value: string }[];
}

export interface OnnxAttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  ints?: readonly number[];
}

export interface OnnxNode {
  name: string;
  opType: string;
  domain: string;
  input: readonly string[];
  output: readonly string[];
  attribute: OnnxAttributeProto[];
}

/** A size, or a name for one that is known when the model runs. */
export type OnnxDimension = { dimValue: number } | { dimParam: string };

export interface OnnxValueInfo {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: OnnxDimension[] } } };
}

export interface OnnxModel {
  irVersion: number;
  producerName: string;
  /** For people. */
  docString?: string;
  metadataProps?: { key: string; value: string }[];
  opsetImport: { domain: string; version: number }[];
  graph: {
    name: string;
    node: OnnxNode[];
    initializer: OnnxTensor[];
    input: OnnxValueInfo[];
    output: OnnxValueInfo[];
  };
}

/** TensorProto.DataType. */
export const elementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;

/** A whole number, a float, a text or a list of whole numbers. */
export type OnnxAttribute =
  number | { readonly float: number } | { readonly text: string } | readonly number[];

/** AttributeProto.AttributeType. */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;

export function onnxAttribute(name: string, value: OnnxAttribute): OnnxAttributeProto {
  if (typeof value === "number") return { name, type: attributeType.int, i: value };
  if ("float" in value) return { name, type: attributeType.float, f: value.float };
  if ("text" in value) {
    return { name, type: attributeType.string, s: new TextEncoder().encode(value.text) };
  }
  return { name, type: attributeType.ints, ints: value };
}

const one = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: "repeated" });

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: one(1, "int64"),
        producerName: one(2, "string"),
        docString: one(6, "string"),
        graph: one(7, "GraphProto"),
        opsetImport: many(8, "OperatorSetIdProto"),
        metadataProps: many(14, "StringStringEntryProto"),
      },
    },
    OperatorSetIdProto: { fields: { domain: one(1, "string"), version: one(2, "int64") } },
    GraphProto: {
      fields: {
        node: many(1, "NodeProto"),
        name: one(2, "string"),
        initializer: many(5, "TensorProto"),
        input: many(11, "ValueInfoProto"),
        output: many(12, "ValueInfoProto"),
      },
    },
    NodeProto: {
      fields: {
        input: many(1, "string"),
        output: many(2, "string"),
        name: one(3, "string"),
        opType: one(4, "string"),
        attribute: many(5, "AttributeProto"),
        domain: one(7, "string"),
      },
    },
    AttributeProto: {
      fields: {
        name: one(1, "string"),
        f: one(2, "float"),
        i: one(3, "int64"),
        s: one(4, "bytes"),
        ints: many(8, "int64"),
        type: one(20, "int32"),
      },
    },
    TensorProto: {
      fields: {
        dims: many(1, "int64"),
        dataType: one(2, "int32"),
        name: one(8, "string"),
        rawData: one(9, "bytes"),
        externalData: many(13, "StringStringEntryProto"),
        dataLocation: one(14, "int32"),
      },
    },
    StringStringEntryProto: { fields: { key: one(1, "string"), value: one(2, "string") } },
    ValueInfoProto: { fields: { name: one(1, "string"), type: one(2, "TypeProto") } },
    TypeProto: { fields: { tensorType: one(1, "TensorTypeProto") } },
    TensorTypeProto: { fields: { elemType: one(1, "int32"), shape: one(2, "TensorShapeProto") } },
    TensorShapeProto: { fields: { dim: many(1, "Dimension") } },
    Dimension: { fields: { dimValue: one(1, "int64"), dimParam: one(2, "string") } },
  },
});

/** @returns the bytes of an .onnx file */
export function encodeModel(model: OnnxModel): Uint8Array {
  // The interfaces above mirror the schema; protobufjs takes any record.
  return root.lookupType("ModelProto").encode(model).finish();
}
