/** The nested containers of a checkpoint as one list of tensors and one of values, by dotted names. */
import { EngineError } from "../protocol/errors.ts";
import { NumpyArray } from "./numpy-objects.ts";
import {
  PickledDict,
  PickledList,
  PickledName,
  PickledObject,
  PickledRecord,
  PickledTuple,
  type Pickled,
} from "./pickled.ts";
import { TorchDtype, TorchTensor } from "./torch-objects.ts";

export interface Flattened {
  readonly tensors: readonly { readonly name: string; readonly tensor: TorchTensor | NumpyArray }[];
  /** Numbers, texts and the like, written out for people: "epoch" -> "12". */
  readonly values: Readonly<Record<string, string>>;
}

/** Containers within containers; checkpoints have six. */
const maxDepth = 40;
/** Characters of a tensor's name, with all that leads to it. */
const maxName = 1000;
/** Values that are told; the rest is counted by nobody. */
const maxValues = 500;

/**
 * @param where the file, for messages
 * @param pickleBytes of the pickle: what it refers to again and again is not walked again and again
 * @throws EngineError "weights.format" for containers that hold themselves, names that come twice, and
 *   more references than a checkpoint has
 */
export function flatten(root: Pickled, where: string, pickleBytes: number): Flattened {
  const walk = new Walk(where, 65_536 + pickleBytes);
  walk.visit(root, "", 0);
  return { tensors: walk.tensors, values: Object.fromEntries(walk.values) };
}

class Walk {
  readonly tensors: { name: string; tensor: TorchTensor | NumpyArray }[] = [];
  readonly values: [string, string][] = [];
  private readonly names = new Set<string>();

  constructor(
    private readonly where: string,
    private budget: number,
  ) {}

  visit(value: Pickled, name: string, depth: number): void {
    if (depth > maxDepth) throw this.refuse(`${shown(name)} holds itself, or is nested too deeply`);
    if (name.length > maxName) throw this.refuse(`a name in it has ${name.length} characters`);
    this.spend();
    if (value instanceof TorchTensor || value instanceof NumpyArray) this.addTensor(name, value);
    else if (value instanceof PickledDict) this.visitDict(value, name, depth);
    else if (value instanceof PickledList || value instanceof PickledTuple) {
      for (const [i, item] of (value.items ?? []).entries()) {
        this.spend();
        // Lists of numbers (parameter groups, the state of a generator) say nothing to anybody.
        if (isContainer(item)) this.visit(item, join(name, String(i)), depth + 1);
      }
    } else if (value instanceof PickledRecord) {
      // Other records, such as OmegaConf's, lead back to what holds them and say nothing about weights.
      const isPlain = value.path === "argparse.Namespace" || value.path === "types.SimpleNamespace";
      if (isPlain && value.state instanceof PickledDict) this.visitDict(value.state, name, depth);
    } else this.addValue(name, value);
  }

  private visitDict(dict: PickledDict, name: string, depth: number): void {
    const keys = new Set<string>();
    for (const [key, value] of dict.entries()) {
      this.spend();
      // Other keys, such as classes, cannot be part of a tensor's name.
      if (typeof key !== "string" && typeof key !== "number") continue;
      const part = String(key);
      if (keys.has(part)) throw this.refuse(`${shown(join(name, part))} is there twice`);
      keys.add(part);
      this.visit(value, join(name, part), depth + 1);
    }
  }

  /** Every step counts, so that what is referred to a thousand times is not walked as often. */
  private spend(): void {
    if (--this.budget < 0) throw this.refuse("it refers to the same things far too often");
  }

  private addTensor(name: string, tensor: TorchTensor | NumpyArray): void {
    if (this.names.has(name)) throw this.refuse(`${shown(name)} is there twice`);
    this.names.add(name);
    this.tensors.push({ name, tensor });
  }

  private addValue(name: string, value: Pickled): void {
    if (this.values.length >= maxValues || name === "") return;
    const text = describe(value);
    if (text !== undefined) this.values.push([name, text]);
  }

  private refuse(problem: string): EngineError {
    return new EngineError("weights.format", `${this.where}: expected a checkpoint; ${problem}`, {
      hint: "The file is damaged or was made to deceive: download or save it again.",
    });
  }
}

function isContainer(value: Pickled): boolean {
  return value instanceof PickledObject || isPlainContainer(value);
}

function isPlainContainer(value: Pickled): boolean {
  return (
    value instanceof PickledDict || value instanceof PickledList || value instanceof PickledTuple
  );
}

function describe(value: Pickled): string | undefined {
  if (typeof value === "string") return value.length > 200 ? `${value.slice(0, 200)}...` : value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof TorchDtype) return value.dtype;
  if (value instanceof PickledName) return value.path;
  return undefined;
}

function join(name: string, part: string): string {
  return name === "" ? part : `${name}.${part}`;
}

/** A name for a message. */
function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name);
}
