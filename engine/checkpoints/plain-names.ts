/** Names of Python's own that build plain data, and classes of options that hold nothing but fields. */
import {
  PickledDict,
  PickledList,
  PickledName,
  PickledRecord,
  PickledTuple,
  UnexpectedArguments,
  type AllowedName,
  type Pickled,
} from "./pickled.ts";

/** A dictionary out of nothing, pairs, or another dictionary. */
function dict([first]: readonly Pickled[], charge: (values: number) => void): PickledDict {
  const made = new PickledDict();
  if (first instanceof PickledDict) return first;
  charge(itemsOf(first).length);
  for (const pair of itemsOf(first)) {
    const [key, value, more] = itemsOf(pair);
    if (key === undefined || value === undefined || more !== undefined) {
      throw new UnexpectedArguments("it is made of what are no pairs");
    }
    made.set(key, value);
  }
  return made;
}

function list([first]: readonly Pickled[], charge: (values: number) => void): PickledList {
  const made = new PickledList();
  charge(itemsOf(first).length);
  made.items = [...itemsOf(first)];
  return made;
}

function itemsOf(value: Pickled | undefined): readonly Pickled[] {
  // A defaultdict is made of the class of its values, and has no items yet.
  if (value === undefined || value === null || value instanceof PickledName) return [];
  if (value instanceof PickledTuple) return value.items;
  if (value instanceof PickledList) return value.items ?? [];
  throw new UnexpectedArguments("it is made of what is no list");
}

/**
 * Bytes as protocol 2 has them: a text, and the encoding that turns it back. They stay a text until
 * somebody needs them, so that a copy costs nothing.
 */
function encode([text, encoding]: readonly Pickled[]): string {
  if (typeof text !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) {
    throw new UnexpectedArguments("it is no text in Latin-1");
  }
  return text;
}

function bytes([first, encoding]: readonly Pickled[]): Uint8Array | string {
  if (first === undefined) return new Uint8Array();
  if (first instanceof Uint8Array) return first;
  return encode([first, encoding ?? null]);
}

/** copyreg._reconstructor(class, object, None): an object without its fields yet. */
function reconstruct([type]: readonly Pickled[]): Pickled {
  const call = type instanceof PickledName ? type.allowed.call : undefined;
  if (!(type instanceof PickledName) || !call || !isRecordClass(type.path)) {
    throw new UnexpectedArguments("it makes an object of a class that is not known");
  }
  return call([], () => {});
}

/** Whether a class is known to hold options and nothing that could matter. */
function isRecordClass(path: string): boolean {
  return recordClasses.has(path) || /^omegaconf\.(\w+\.)*\w+$/.test(path);
}

const recordClasses = new Set([
  "argparse.Namespace",
  "types.SimpleNamespace",
  "pathlib.PosixPath",
  "pathlib.WindowsPath",
  "pathlib.PurePosixPath",
  "pathlib.PureWindowsPath",
  "pathlib._local.PosixPath",
  "pathlib._local.WindowsPath",
  "datetime.datetime",
  "datetime.date",
  "datetime.timedelta",
  "uuid.UUID",
]);

const plain: Readonly<Record<string, AllowedName>> = {
  "collections.OrderedDict": { call: dict },
  "collections.defaultdict": { call: dict },
  "collections.Counter": { call: dict },
  // Lightning's hyperparameters, a dictionary by another name.
  "pytorch_lightning.utilities.parsing.AttributeDict": { call: dict },
  "lightning_fabric.utilities.data.AttributeDict": { call: dict },
  "lightning.fabric.utilities.data.AttributeDict": { call: dict },
  "collections.deque": { call: list },
  "builtins.dict": { call: dict },
  "builtins.list": { call: list },
  "builtins.set": { call: list },
  "builtins.frozenset": { call: list },
  "builtins.bytes": { call: bytes },
  "builtins.bytearray": { call: bytes },
  "builtins.complex": { call: (args) => new PickledRecord("builtins.complex", args) },
  "_codecs.encode": { call: encode },
  "copyreg._reconstructor": { call: reconstruct },
  // Mentioned as the type of a field or of the values of a dictionary.
  "builtins.object": {},
  "builtins.int": {},
  "builtins.float": {},
  "builtins.str": {},
  "builtins.bool": {},
  "builtins.tuple": {},
  "typing.Any": {},
};

const python2: Readonly<Record<string, string>> = {
  __builtin__: "builtins",
  copy_reg: "copyreg",
};

/** @param path "module.name" in the spelling of Python 2 or 3 */
export function plainName(path: string): AllowedName | undefined {
  const dot = path.indexOf(".");
  const module = path.slice(0, dot);
  const today = Object.hasOwn(python2, module) ? python2[module]! + path.slice(dot) : path;
  if (Object.hasOwn(plain, today)) return plain[today];
  if (!isRecordClass(today)) return undefined;
  return { call: (args) => new PickledRecord(today, args) };
}
