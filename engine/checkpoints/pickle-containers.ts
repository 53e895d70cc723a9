/** The opcodes of a pickle that make and fill tuples, lists, dictionaries and sets. */
import type { PickleStack } from "./pickle-stack.ts";
import {
  PickledDict,
  PickledList,
  PickledTuple,
  UnexpectedArguments,
  type Pickled,
} from "./pickled.ts";

/** One byte of a pickle, so that it may not cost an object. */
const emptyTuple = new PickledTuple([]);

/**
 * @param made told of every object
 * @returns whether the opcode was one of these
 * @throws UnexpectedArguments
 */
export function handleContainer(
  opcode: number,
  stack: PickleStack,
  made: <T extends Pickled>(object: T) => T,
): boolean {
  switch (opcode) {
    case 0x5d: // EMPTY_LIST
      stack.push(made(new PickledList()));
      return true;
    case 0x7d: // EMPTY_DICT
      stack.push(made(new PickledDict()));
      return true;
    case 0x8f: // EMPTY_SET
      stack.push(made(new PickledList()));
      return true;
    case 0x29: // EMPTY_TUPLE
      stack.push(emptyTuple);
      return true;
    case 0x85: // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      stack.push(made(new PickledTuple(stack.popMany(opcode - 0x84))));
      return true;
    case 0x74: // TUPLE
      stack.push(made(new PickledTuple(stack.popMark())));
      return true;
    case 0x6c: // LIST and FROZENSET
    case 0x91: {
      const list = made(new PickledList());
      list.items = stack.popMark();
      stack.push(list);
      return true;
    }
    case 0x64: {
      const items = stack.popMark(); // DICT
      const dict = made(new PickledDict());
      setItems(dict, items);
      stack.push(dict);
      return true;
    }
    case 0x61: {
      const item = stack.pop(); // APPEND
      addItems(stack.top(), [item]);
      return true;
    }
    case 0x65: // APPENDS and ADDITEMS
    case 0x90: {
      const items = stack.popMark();
      addItems(stack.top(), items);
      return true;
    }
    case 0x73: {
      const items = stack.popMany(2); // SETITEM
      setItems(stack.top(), items);
      return true;
    }
    case 0x75: {
      const items = stack.popMark(); // SETITEMS
      setItems(stack.top(), items);
      return true;
    }
    default:
      return false;
  }
}

function addItems(target: Pickled, items: readonly Pickled[]): void {
  if (!(target instanceof PickledList)) {
    throw new UnexpectedArguments("it adds items to what is no list and no set");
  }
  for (const item of items) target.append(item);
}

function setItems(target: Pickled, items: readonly Pickled[]): void {
  if (!(target instanceof PickledDict) || items.length % 2 !== 0) {
    throw new UnexpectedArguments("it sets items of what is no dictionary");
  }
  for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
}
