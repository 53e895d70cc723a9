/** What a pickle may hold here: plain containers and a closed set of objects, none of which does anything. */

/** Integers beyond 2^53 are bigint; None is null; bytes are views of the pickle. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickledTuple
  | PickledList
  | PickledDict
  | PickledObject;

export class PickledTuple {
  constructor(readonly items: readonly Pickled[]) {}
}

/** list, set, frozenset and deque. */
export class PickledList {
  items: Pickled[] | undefined;

  append(item: Pickled): void {
    // An empty list costs one byte of a pickle, so it may not cost an array here.
    if (this.items) this.items.push(item);
    else this.items = [item];
  }
}

/** dict, OrderedDict, defaultdict and Counter. Keys stand as they came, twice where they came twice. */
export class PickledDict {
  private flat: Pickled[] | undefined;

  set(key: Pickled, value: Pickled): void {
    if (this.flat) this.flat.push(key, value);
    else this.flat = [key, value];
  }

  get size(): number {
    return (this.flat?.length ?? 0) / 2;
  }

  *entries(): Generator<readonly [Pickled, Pickled]> {
    for (let i = 0; i < (this.flat?.length ?? 0); i += 2)
      yield [this.flat![i]!, this.flat![i + 1]!];
  }

  /** The value of a text key; the last one, as in Python. */
  get(key: string): Pickled | undefined {
    for (let i = (this.flat?.length ?? 0) - 2; i >= 0; i -= 2) {
      if (this.flat![i] === key) return this.flat![i + 1];
    }
    return undefined;
  }
}

/** Anything that a name in the pickle led to. */
export abstract class PickledObject {
  /** What pickle's BUILD hands over; absent where nothing may be built. */
  build?(state: Pickled): void;
}

/** A name itself, such as a class that is only mentioned. */
export class PickledName extends PickledObject {
  constructor(
    /** "torch._utils._rebuild_tensor_v2" */
    readonly path: string,
    readonly allowed: AllowedName,
  ) {
    super();
  }
}

/** Looking for a field takes as long as there are fields. */
const maxFields = 64;

/** An object of a class that is known and holds nothing but fields. */
export class PickledRecord extends PickledObject {
  state: Pickled = null;

  constructor(
    readonly path: string,
    readonly args: readonly Pickled[],
  ) {
    super();
  }

  override build(state: Pickled): void {
    this.state = state;
  }

  /** A field by its name, as a dataclass or a namespace has it. @throws UnexpectedArguments */
  field(name: string): Pickled | undefined {
    if (!(this.state instanceof PickledDict)) return undefined;
    if (this.state.size > maxFields)
      throw new UnexpectedArguments(`${this.path} has too many fields`);
    return this.state.get(name);
  }
}

/** Thrown by a call that was handed what nobody writes; becomes the refusal of the whole file. */
export class UnexpectedArguments extends Error {}

/** What a name may be used for. */
export interface AllowedName {
  /** What the name stands for, where that is no function and no class. */
  readonly constant?: Pickled;
  /**
   * A function or a class, called.
   * @param charge told how many values are copied: a pickle may ask for the same copy a million times
   * @throws UnexpectedArguments
   */
  readonly call?: (args: readonly Pickled[], charge: (values: number) => void) => Pickled;
}

/** A name to what it may be used for; undefined refuses the file. */
export type NameLookup = (path: string) => AllowedName | undefined;

/** @throws UnexpectedArguments unless it is a whole number from 0 on */
export function wholeNumber(value: Pickled | undefined, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new UnexpectedArguments(`${what}: expected a whole number from 0 on`);
}

/** @throws UnexpectedArguments unless it is a tuple or a list of at most 64 whole numbers from 0 on */
export function wholeNumbers(value: Pickled | undefined, what: string): number[] {
  const items =
    value instanceof PickledTuple || value instanceof PickledList ? (value.items ?? []) : undefined;
  if (items === undefined || items.length > 64) {
    throw new UnexpectedArguments(`${what}: expected at most 64 whole numbers`);
  }
  return items.map((item) => wholeNumber(item, what));
}
