/** What PyTorch's own names in a pickle build: dtypes, storages that lie elsewhere, tensors over them. */
import { dtypeBytes } from "./stored-dtypes.ts";
import {
  PickledName,
  PickledObject,
  PickledRecord,
  PickledTuple,
  UnexpectedArguments,
  wholeNumber,
  wholeNumbers,
  type AllowedName,
  type Pickled,
} from "./pickled.ts";

/** torch.float32 and its like. */
export class TorchDtype extends PickledObject {
  constructor(readonly dtype: string) {
    super();
  }
}

/** torch.FloatStorage and its like. An untyped one counts in bytes. */
export class TorchStorageType extends PickledObject {
  constructor(readonly dtype: string | undefined) {
    super();
  }
}

/** Bytes that lie beside the pickle under a key. */
export class TorchStorage extends PickledObject {
  constructor(
    readonly key: string,
    readonly sizeBytes: number,
    /** Undefined for an untyped one. */
    readonly dtype: string | undefined,
    /** Where a part of what lies under the key is meant, in bytes. */
    readonly offsetBytes = 0,
    /** Of all that lies under the key. */
    readonly rootBytes = sizeBytes,
  ) {
    super();
  }
}

/** A view into a storage. Offset and strides count elements and stay inside. */
export class TorchTensor extends PickledObject {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: string,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }

  /** Attributes of a Parameter or a subclass. */
  override build(): void {}
}

/**
 * A persistent id of torch.save: ("storage", type, key, device, elements), and in files from before
 * 1.6 a sixth part that is None or (key, offset, elements) of a view.
 * @throws UnexpectedArguments
 */
export function torchStorage(id: Pickled): TorchStorage {
  const parts = id instanceof PickledTuple ? id.items : [];
  const [kind, type, key, , count, view] = parts;
  if (kind !== "storage" || !(type instanceof TorchStorageType) || parts.length > 6) {
    throw new UnexpectedArguments("it refers to something outside it that is no storage");
  }
  if (typeof key !== "string" || !/^[\w.-]{1,64}$/.test(key)) {
    throw new UnexpectedArguments("the key of a storage is none");
  }
  const itemBytes = type.dtype === undefined ? 1 : dtypeBytes[type.dtype]!;
  const bytes = (value: Pickled | undefined, what: string) => {
    const total = wholeNumber(value, what) * itemBytes;
    return wholeNumber(total, what);
  };
  const sizeBytes = bytes(count, "the size of a storage");
  if (view === undefined || view === null) return new TorchStorage(key, sizeBytes, type.dtype);
  if (!(view instanceof PickledTuple)) throw new UnexpectedArguments("a view is none");
  const offsetBytes = bytes(view.items[1], "the offset of a view");
  const viewBytes = bytes(view.items[2], "the size of a view");
  if (offsetBytes + viewBytes > sizeBytes) {
    throw new UnexpectedArguments("a view reaches beyond its storage");
  }
  return new TorchStorage(key, viewBytes, type.dtype, offsetBytes, sizeBytes);
}

/** torch._utils._rebuild_tensor, _v2 and _v3: (storage, offset, size, strides, ...). */
function rebuildTensor(args: readonly Pickled[], dtype?: string): TorchTensor {
  const [storage, first, size, steps] = args;
  if (!(storage instanceof TorchStorage)) throw new UnexpectedArguments("it has no storage");
  const type = dtype ?? storage.dtype;
  if (type === undefined) throw new UnexpectedArguments("its storage has no dtype");
  const offset = wholeNumber(first, "its offset");
  const shape = wholeNumbers(size, "its shape");
  const strides = wholeNumbers(steps, "its strides");
  if (shape.length !== strides.length) {
    throw new UnexpectedArguments("its shape and its strides are of two lengths");
  }
  const isEmpty = shape.includes(0);
  const last = shape.reduce((sum, side, i) => sum + (side - 1) * strides[i]!, offset);
  const elements = Math.floor(storage.sizeBytes / dtypeBytes[type]!);
  const values = shape.reduce((product, side) => product * side, 1);
  if (!isEmpty && !(last < elements)) {
    throw new UnexpectedArguments(
      `a tensor [${shape.join(", ")}] reaches to element ${last} of a storage of ${elements}`,
    );
  }
  // One value that stands for billions would be written out as billions.
  if (values > elements) {
    throw new UnexpectedArguments(
      `a tensor [${shape.join(", ")}] repeats the ${elements} values of its storage`,
    );
  }
  return new TorchTensor(storage, type, offset, shape, strides);
}

const rebuildFunctions: Readonly<Record<string, AllowedName>> = {
  "torch._utils._rebuild_tensor": { call: (args) => rebuildTensor(args) },
  "torch._utils._rebuild_tensor_v2": { call: (args) => rebuildTensor(args) },
  "torch._utils._rebuild_tensor_v3": {
    call: (args) => {
      const dtype = args[6];
      if (dtype instanceof TorchDtype) return rebuildTensor(args, dtype.dtype);
      throw new UnexpectedArguments("it has no dtype");
    },
  },
  // (data, requires_grad, hooks) and the same with a state.
  "torch._utils._rebuild_parameter": { call: tensorIn },
  "torch._utils._rebuild_parameter_with_state": { call: tensorIn },
};

function tensorIn([tensor]: readonly Pickled[]): Pickled {
  if (tensor instanceof TorchTensor) return tensor;
  throw new UnexpectedArguments("it has no tensor");
}

/** torch._tensor._rebuild_from_type_v2: (function, type, its arguments, state). */
function rebuildFromType([func, , args]: readonly Pickled[]): Pickled {
  const call = func instanceof PickledName ? rebuildFunctions[func.path]?.call : undefined;
  if (!call || !(args instanceof PickledTuple)) {
    throw new UnexpectedArguments("it asks for another function than PyTorch's own");
  }
  return call(args.items, () => {});
}

const record = (path: string): AllowedName => ({ call: (args) => new PickledRecord(path, args) });
/** A class that is only mentioned. */
const mentioned: AllowedName = {};

const dtypes: Readonly<Record<string, string>> = {
  float32: "F32",
  float: "F32",
  float64: "F64",
  double: "F64",
  float16: "F16",
  half: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  float8_e4m3fnuz: "F8_E4M3FNUZ",
  float8_e5m2fnuz: "F8_E5M2FNUZ",
  float8_e8m0fnu: "F8_E8M0",
  uint8: "U8",
  int8: "I8",
  uint16: "U16",
  int16: "I16",
  short: "I16",
  uint32: "U32",
  int32: "I32",
  int: "I32",
  uint64: "U64",
  int64: "I64",
  long: "I64",
  bool: "BOOL",
  complex64: "C64",
  complex128: "C128",
};

const storageTypes: Readonly<Record<string, string | undefined>> = {
  FloatStorage: "F32",
  DoubleStorage: "F64",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
  ComplexFloatStorage: "C64",
  ComplexDoubleStorage: "C128",
  UntypedStorage: undefined,
  _UntypedStorage: undefined,
};

/** Names under torch. */
export const torchNames: Readonly<Record<string, AllowedName>> = {
  ...rebuildFunctions,
  "torch._tensor._rebuild_from_type_v2": { call: rebuildFromType },
  // The tensor of a device without storages; the array is its values.
  "torch._utils._rebuild_device_tensor_from_numpy": { call: ([array]) => array ?? null },
  "torch.Size": {
    call: ([sizes]) => new PickledTuple(wholeNumbers(sizes, "a size")),
  },
  "torch.device": record("torch.device"),
  "torch.serialization._get_layout": record("torch.layout"),
  "torch.torch_version.TorchVersion": { call: ([version]) => version ?? null },
  "torch.Tensor": mentioned,
  "torch.nn.parameter.Parameter": mentioned,
  "torch.nn.parameter.Buffer": mentioned,
  "torch.strided": mentioned,
  "torch.contiguous_format": mentioned,
  "torch.channels_last": mentioned,
  "torch.preserve_format": mentioned,
  ...Object.fromEntries(
    Object.entries(dtypes).map(([name, dtype]) => [
      `torch.${name}`,
      { constant: new TorchDtype(dtype) },
    ]),
  ),
  ...Object.fromEntries(
    ["torch", "torch.cuda", "torch.storage"].flatMap((module) =>
      Object.entries(storageTypes).map(([name, dtype]) => [
        `${module}.${name}`,
        { constant: new TorchStorageType(dtype) },
      ]),
    ),
  ),
};
