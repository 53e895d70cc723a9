/** What NumPy's names in a pickle build: arrays and single numbers, their bytes where the pickle has them. */
import { dtypeBytes } from "./stored-dtypes.ts";
import {
  PickledObject,
  PickledTuple,
  UnexpectedArguments,
  wholeNumbers,
  type AllowedName,
  type Pickled,
} from "./pickled.ts";

/** numpy.dtype("f4"), whose byte order its state tells. */
export class NumpyDtype extends PickledObject {
  isBigEndian = false;

  constructor(
    /** Kind and bytes per element: "f4", "i8", "O8". */
    readonly code: string,
  ) {
    super();
  }

  /** (version, byte order, ...) */
  override build(state: Pickled): void {
    const order = state instanceof PickledTuple ? state.items[1] : undefined;
    if (typeof order !== "string") throw new UnexpectedArguments("a NumPy dtype has no byte order");
    this.isBigEndian = order === ">";
  }
}

/** An array, whole once it was built. */
export class NumpyArray extends PickledObject {
  dtype = new NumpyDtype("f4");
  shape: readonly number[] = [];
  isFortran = false;
  /** A view of the pickle, or text that stands for bytes in protocol 2 and before. */
  private data: Uint8Array | string = "";

  /** Row-major or not, as isFortran says. */
  get bytes(): Uint8Array {
    return typeof this.data === "string" ? Buffer.from(this.data, "latin1") : this.data;
  }

  /** (version, shape, dtype, is_fortran, bytes) */
  override build(state: Pickled): void {
    const items = state instanceof PickledTuple ? state.items : [];
    this.fill(items[1], items[2], items[3] === true, items[4]);
  }

  fill(
    shape: Pickled | undefined,
    dtype: Pickled | undefined,
    isFortran: boolean,
    data: Pickled | undefined,
  ): void {
    if (!(dtype instanceof NumpyDtype)) throw new UnexpectedArguments("an array has no dtype");
    const stored = numpyDtype(dtype.code);
    if (stored === undefined || !(typeof data === "string" || data instanceof Uint8Array)) {
      throw new UnexpectedArguments(`an array holds Python objects or ${dtype.code}, not numbers`);
    }
    this.shape = wholeNumbers(shape, "the shape of an array");
    const expected = this.shape.reduce((product, side) => product * side, dtypeBytes[stored]!);
    if (expected !== data.length) {
      throw new UnexpectedArguments(
        `an array [${this.shape.join(", ")}] of ${dtype.code} has ${data.length} bytes`,
      );
    }
    this.dtype = dtype;
    this.isFortran = isFortran;
    this.data = data;
  }
}

const codes: Readonly<Record<string, string>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
  c8: "C64",
  c16: "C128",
};

/** NumPy's kind and size, such as "f4", as safetensors spells it; undefined where it holds no numbers. */
export function numpyDtype(code: string): string | undefined {
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}

/** Arrays pickled by protocol 5: (bytes, dtype, shape, order). */
function fromBuffer([data, dtype, shape, order]: readonly Pickled[]): NumpyArray {
  const array = new NumpyArray();
  array.fill(shape, dtype, order === "F", data);
  return array;
}

/** One number: (dtype, bytes). */
function scalar([dtype, data]: readonly Pickled[]): Pickled {
  const array = new NumpyArray();
  array.fill(new PickledTuple([]), dtype, false, data);
  const { bytes } = array;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = !array.dtype.isBigEndian;
  switch (array.dtype.code) {
    case "f4":
      return view.getFloat32(0, isLittle);
    case "f8":
      return view.getFloat64(0, isLittle);
    case "i8":
      return Number(view.getBigInt64(0, isLittle));
    case "i4":
      return view.getInt32(0, isLittle);
    case "b1":
      return view.getUint8(0) !== 0;
    default:
      return array;
  }
}

function dtypeOf([code]: readonly Pickled[]): NumpyDtype {
  if (typeof code !== "string" || !/^[a-zA-Z]\d{1,4}$/.test(code)) {
    throw new UnexpectedArguments("it is no dtype of numbers");
  }
  return new NumpyDtype(code);
}

/** Names under numpy, before and since version 2. */
export const numpyNames: Readonly<Record<string, AllowedName>> = {
  "numpy.ndarray": {},
  "numpy.dtype": { call: dtypeOf },
  ...Object.fromEntries(
    ["numpy.core", "numpy._core"].flatMap((module): [string, AllowedName][] => [
      [`${module}.multiarray._reconstruct`, { call: () => new NumpyArray() }],
      [`${module}.multiarray.scalar`, { call: scalar }],
      [`${module}.numeric._frombuffer`, { call: fromBuffer }],
    ]),
  ),
};
