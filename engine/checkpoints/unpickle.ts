/**
 * Python's pickle, protocols 0 to 5, read without running anything: a name in it is looked up in a
 * closed list, and what is called are functions of ours that build data (Lib/pickletools.py of
 * CPython documents the opcodes).
 */
import { EngineError } from "../protocol/errors.ts";
import { EndOfPickle, PickleCursor } from "./pickle-cursor.ts";
import { handleContainer } from "./pickle-containers.ts";
import { readScalar } from "./pickle-scalars.ts";
import { PickleStack } from "./pickle-stack.ts";
import {
  PickledDict,
  PickledName,
  PickledObject,
  PickledTuple,
  UnexpectedArguments,
  type NameLookup,
  type Pickled,
} from "./pickled.ts";

export interface UnpickleOptions {
  /** The file and the part of it, for messages. */
  readonly where: string;
  readonly names: NameLookup;
  /** What a persistent id stands for; without it there may be none. @throws UnexpectedArguments */
  readonly persistent?: ((id: Pickled) => Pickled) | undefined;
  /** Where the pickle begins. */
  readonly start?: number | undefined;
}

export interface Unpickled {
  readonly value: Pickled;
  /** Where the pickle ends, and the next one may begin. */
  readonly end: number;
}

/** Pickles of a checkpoint hold names and sizes; more than this is no checkpoint. */
export const maxPickleBytes = 2 ** 28;
const highestProtocol = 5;
/** The metadata of a distributed checkpoint of 256 processes has some six million. */
const maxObjects = 8_000_000;

/**
 * One pickle.
 * @throws EngineError "weights.format" for a name that is not in the list, and for everything that no
 *   pickler writes; EndOfPickle where the bytes end before the pickle does
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): Unpickled {
  const machine = new Unpickler(bytes, options);
  try {
    return machine.run();
  } catch (error) {
    if (error instanceof EngineError || error instanceof EndOfPickle) throw error;
    if (!(error instanceof UnexpectedArguments)) throw error;
    throw damaged(options.where, error.message);
  }
}

/** As {@link unpickle}, of bytes that are all there are. */
export function unpickleWhole(bytes: Uint8Array, options: UnpickleOptions): Pickled {
  try {
    return unpickle(bytes, options).value;
  } catch (error) {
    if (error instanceof EndOfPickle) throw damaged(options.where, error.message);
    throw error;
  }
}

/** The refusal of a pickle that no pickler writes. */
export function damaged(where: string, problem: string): EngineError {
  return new EngineError("weights.format", `${where}: expected a sound pickle; ${problem}`, {
    hint: "The file is damaged or was made to deceive: download or save it again.",
  });
}

class Unpickler {
  private readonly cursor: PickleCursor;
  private readonly stack = new PickleStack();
  private objects = 0;

  constructor(
    bytes: Uint8Array,
    private readonly options: UnpickleOptions,
  ) {
    this.cursor = new PickleCursor(bytes, options.start ?? 0);
  }

  run(): Unpickled {
    for (;;) {
      const opcode = this.cursor.uint8();
      if (opcode === 0x2e /* STOP */) {
        return { value: this.stack.pop(), end: this.cursor.position };
      }
      if (
        !this.moves(opcode) &&
        !handleContainer(opcode, this.stack, this.made) &&
        !this.calls(opcode)
      ) {
        const scalar = readScalar(opcode, this.cursor);
        if (scalar === undefined) throw this.unknown(opcode);
        this.stack.push(scalar);
      }
    }
  }

  /** Marks, the memo and frames. @returns whether it was one of these */
  private moves(opcode: number): boolean {
    const { cursor, stack } = this;
    switch (opcode) {
      case 0x80: {
        const protocol = cursor.uint8(); // PROTO
        if (protocol <= highestProtocol) return true;
        throw new UnexpectedArguments(`protocol ${protocol} is newer than ${highestProtocol}`);
      }
      case 0x95: // FRAME: how far a reader might read ahead
        cursor.uint64();
        return true;
      case 0x28: // MARK
        stack.mark();
        return true;
      case 0x30: // POP
        stack.discard();
        return true;
      case 0x31: // POP_MARK
        stack.popMark();
        return true;
      case 0x32: // DUP
        stack.push(stack.top());
        return true;
      case 0x70: // PUT
        stack.keep(memoIndex(cursor.line()));
        return true;
      case 0x71: // BINPUT
        stack.keep(cursor.uint8());
        return true;
      case 0x72: // LONG_BINPUT
        stack.keep(cursor.uint32());
        return true;
      case 0x94: // MEMOIZE
        stack.keep();
        return true;
      case 0x67: // GET
        stack.recall(memoIndex(cursor.line()));
        return true;
      case 0x68: // BINGET
        stack.recall(cursor.uint8());
        return true;
      case 0x6a: // LONG_BINGET
        stack.recall(cursor.uint32());
        return true;
      default:
        return false;
    }
  }

  /** Names, calls and persistent ids. @returns whether it was one of these */
  private calls(opcode: number): boolean {
    const { cursor, stack } = this;
    switch (opcode) {
      case 0x63: // GLOBAL
        stack.push(this.name(cursor.line(), cursor.line()));
        return true;
      case 0x93: {
        const [module, name] = stack.popMany(2); // STACK_GLOBAL
        if (typeof module !== "string" || typeof name !== "string") {
          throw new UnexpectedArguments("it names what is no text");
        }
        stack.push(this.name(module, name));
        return true;
      }
      case 0x69: {
        const called = this.name(cursor.line(), cursor.line()); // INST
        stack.push(this.call(called, stack.popMark()));
        return true;
      }
      case 0x6f: {
        const [called, ...args] = stack.popMark(); // OBJ
        stack.push(this.call(called, args));
        return true;
      }
      case 0x52: // REDUCE and NEWOBJ
      case 0x81: {
        const [called, args] = stack.popMany(2);
        stack.push(this.call(called, argumentsIn(args)));
        return true;
      }
      case 0x92: {
        const [called, args, named] = stack.popMany(3); // NEWOBJ_EX
        if (!(named instanceof PickledDict) || named.size > 0) {
          throw new UnexpectedArguments("a call has arguments by name");
        }
        stack.push(this.call(called, argumentsIn(args)));
        return true;
      }
      case 0x62: {
        const state = stack.pop(); // BUILD
        build(stack.top(), state);
        return true;
      }
      case 0x50: // PERSID
        stack.push(this.persistent(cursor.line()));
        return true;
      case 0x51: // BINPERSID
        stack.push(this.persistent(stack.pop()));
        return true;
      default:
        return false;
    }
  }

  private name(module: string, name: string): Pickled {
    const path = `${module}.${name}`;
    const allowed = this.options.names(path);
    if (!allowed) throw this.refused(path);
    return allowed.constant ?? this.made(new PickledName(path, allowed));
  }

  private call(called: Pickled | undefined, args: readonly Pickled[]): Pickled {
    if (!(called instanceof PickledName)) throw new UnexpectedArguments("it calls what is no name");
    if (!called.allowed.call) throw this.refused(called.path);
    try {
      return this.made(called.allowed.call(args, this.charge));
    } catch (error) {
      if (!(error instanceof UnexpectedArguments)) throw error;
      throw new UnexpectedArguments(`${called.path}: ${error.message}`);
    }
  }

  private persistent(id: Pickled): Pickled {
    if (this.options.persistent) return this.made(this.options.persistent(id));
    throw new UnexpectedArguments("it refers to something outside it");
  }

  private refused(path: string): EngineError {
    const name = path.length > 120 ? `${path.slice(0, 120)}...` : path;
    return new EngineError(
      "weights.format",
      `${this.options.where}: expected tensors and plain containers only, received a call for ${JSON.stringify(name).slice(1, -1)}`,
      {
        hint: "Nothing was run. Save model.state_dict() alone with torch.save, or as safetensors.",
      },
    );
  }

  private unknown(opcode: number): UnexpectedArguments {
    const at = this.cursor.position - 1;
    const code = opcode.toString(16).padStart(2, "0");
    return new UnexpectedArguments(`byte 0x${code} at ${at} is no operation that is read`);
  }

  private readonly made = <T extends Pickled>(object: T): T => {
    this.count(1);
    return object;
  };

  /** A value that is copied takes a sixteenth of an object. */
  private readonly charge = (values: number): void => this.count(values / 16);

  /** A pickler spends more than four bytes on an object; an attacker would spend one. */
  private count(objects: number): void {
    this.objects += objects;
    if (this.objects <= Math.min(maxObjects, 65_536 + this.cursor.position / 4)) return;
    throw new UnexpectedArguments("it makes more objects than its size allows");
  }
}

function memoIndex(line: string): number {
  if (/^\d{1,10}$/.test(line)) return Number(line);
  throw new UnexpectedArguments("a place in its memo is no number");
}

function argumentsIn(value: Pickled | undefined): readonly Pickled[] {
  if (value instanceof PickledTuple) return value.items;
  throw new UnexpectedArguments("a call lacks its arguments");
}

function build(object: Pickled, state: Pickled): void {
  // Attributes of an OrderedDict, as state_dict() has its _metadata, say nothing about weights.
  if (object instanceof PickledDict) return;
  if (!(object instanceof PickledObject) || !object.build) {
    throw new UnexpectedArguments("it gives a state to what has none");
  }
  object.build(state);
}
