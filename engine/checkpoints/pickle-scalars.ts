/** The opcodes of a pickle that stand for one value: numbers, texts, bytes, True, False and None. */
import type { PickleCursor } from "./pickle-cursor.ts";
import { UnexpectedArguments, type Pickled } from "./pickled.ts";

/** Decimal digits, or bytes, of the largest whole number that is read: turning text into it is quadratic. */
const maxDigits = 1000;

/**
 * @returns undefined for an opcode that is none of these
 * @throws UnexpectedArguments, EndOfPickle, TypeError for text that is not UTF-8
 */
export function readScalar(opcode: number, cursor: PickleCursor): Pickled | undefined {
  switch (opcode) {
    case 0x4e: // NONE
      return null;
    case 0x88: // NEWTRUE
      return true;
    case 0x89: // NEWFALSE
      return false;
    case 0x49: // INT, which older protocols use for True and False too
      return intOrBoolean(cursor.line());
    case 0x4a: // BININT
      return cursor.int32();
    case 0x4b: // BININT1
      return cursor.uint8();
    case 0x4d: // BININT2
      return cursor.uint16();
    case 0x4c: // LONG
      return decimal(cursor.line().replace(/L$/, ""));
    case 0x8a: // LONG1
      return twosComplement(cursor.take(cursor.uint8()));
    case 0x8b: {
      const length = cursor.int32(); // LONG4
      if (length < 0 || length > maxDigits) throw tooLarge();
      return twosComplement(cursor.take(length));
    }
    case 0x46: // FLOAT
      return float(cursor.line());
    case 0x47: // BINFLOAT
      return cursor.float64();
    case 0x53: // STRING
      return quoted(cursor.line());
    case 0x54: {
      const length = cursor.int32(); // BINSTRING: bytes of Python 2
      if (length < 0) throw new UnexpectedArguments("a text has a negative length");
      return cursor.latin1(length);
    }
    case 0x55: // SHORT_BINSTRING
      return cursor.latin1(cursor.uint8());
    case 0x56: // UNICODE
      return unescape(cursor.line());
    case 0x58: // BINUNICODE
      return cursor.text(cursor.uint32());
    case 0x8c: // SHORT_BINUNICODE
      return cursor.text(cursor.uint8());
    case 0x8d: // BINUNICODE8
      return cursor.text(cursor.uint64());
    case 0x42: // BINBYTES
      return cursor.take(cursor.uint32());
    case 0x43: // SHORT_BINBYTES
      return cursor.take(cursor.uint8());
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return cursor.take(cursor.uint64());
    default:
      return undefined;
  }
}

function intOrBoolean(line: string): Pickled {
  if (line === "00") return false;
  if (line === "01") return true;
  return decimal(line);
}

function decimal(line: string): number | bigint {
  if (line.length > maxDigits) throw tooLarge();
  if (!/^\s*[+-]?\d+\s*$/.test(line)) throw new UnexpectedArguments("a number is none");
  return narrow(BigInt(line.trim().replace(/^\+/, "")));
}

function twosComplement(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return narrow(BigInt.asIntN(8 * bytes.length, value));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function float(line: string): number {
  const special = { inf: Infinity, "-inf": -Infinity, nan: NaN }[line.trim().toLowerCase()];
  if (special !== undefined) return special;
  if (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(line)) return Number(line);
  throw new UnexpectedArguments("a number is none");
}

/** Python's repr of a text: in quotes, with escapes. */
function quoted(line: string): string {
  const text = line.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
    throw new UnexpectedArguments("a text has no quotes");
  }
  return text
    .slice(1, -1)
    .replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/gi, (_, escape: string) => fromEscape(escape));
}

function fromEscape(escape: string): string {
  if (/^x/i.test(escape)) return String.fromCharCode(parseInt(escape.slice(1), 16));
  if (/^[0-7]/.test(escape)) return String.fromCharCode(parseInt(escape, 8));
  return { n: "\n", r: "\r", t: "\t", "0": "\0" }[escape] ?? escape;
}

/** raw-unicode-escape: only \u and \U mean something. */
function unescape(line: string): string {
  return line.replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (all, four?: string, eight?: string) => {
      const code = parseInt(four ?? eight ?? "", 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}

function tooLarge(): UnexpectedArguments {
  return new UnexpectedArguments("a number is far too long");
}
