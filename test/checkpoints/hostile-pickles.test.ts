/** Pickles made to run code, to fill the memory or never to end: refused with one message, in no time. */
import { describe, expect, test } from "vitest";
import { checkpointNames } from "../../engine/checkpoints/allowed-names.ts";
import { flatten } from "../../engine/checkpoints/flatten.ts";
import { torchStorage } from "../../engine/checkpoints/torch-objects.ts";
import { unpickleWhole } from "../../engine/checkpoints/unpickle.ts";
import { EngineError } from "../../engine/protocol/errors.ts";
import { op, pickle, tensor, uint32, type TensorParts } from "./hostile-files.ts";
import { cpuTime } from "./stored-values.ts";

/** What a checkpoint's pickle goes through. */
function read(bytes: Uint8Array) {
  const where = "evil.pkl";
  const value = unpickleWhole(bytes, { where, names: checkpointNames, persistent: torchStorage });
  return flatten(value, where, bytes.length);
}

/** The refusal, in at most a second and hardly any memory. */
function refusalOf(bytes: Uint8Array): EngineError {
  const [before, begun] = [process.memoryUsage().rss, cpuTime()];
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    expect(cpuTime() - begun).toBeLessThan(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6 + 2 * bytes.length);
    expect(error.code).toBe("weights.format");
    expect(error.message).toMatch(/^evil\.pkl: /);
    return error;
  }
  throw new Error("was accepted");
}

const twice = (part: Buffer) => Buffer.concat([part, part]);

describe("code", () => {
  test.each([
    ["os", "system"],
    ["posix", "system"],
    ["nt", "system"],
    ["builtins", "eval"],
    ["builtins", "exec"],
    ["builtins", "getattr"],
    ["builtins", "__import__"],
    ["builtins", "open"],
    ["__builtin__", "eval"],
    ["__builtin__", "apply"],
    ["subprocess", "Popen"],
    ["subprocess", "check_output"],
    ["runpy", "_run_code"],
    ["socket", "create_connection"],
    ["webbrowser", "open"],
    ["importlib", "import_module"],
    ["pickle", "loads"],
    ["functools", "partial"],
    ["operator", "attrgetter"],
    ["types", "CodeType"],
    ["types", "FunctionType"],
    ["shutil", "rmtree"],
    ["pip", "main"],
    ["torch.hub", "load"],
    ["torch.serialization", "load"],
    ["torch._utils", "_import_dotted_name"],
    ["torch.jit.unsupported_tensor_ops", "execWrapper"],
    ["torch.nn.modules.linear", "Linear"],
    ["numpy", "load"],
    ["numpy.testing._private.utils", "runstring"],
    ["collections", "OrderedDict.__init__.__globals__"],
    // Names that every object of JavaScript has.
    ["torch", "constructor"],
    ["torch", "__proto__"],
    ["", "hasOwnProperty"],
    ["constructor", "constructor"],
  ])("%s.%s is refused by its name, in every way to call it", (module, name) => {
    const argument = op.tuple(op.text("touch pwned"));
    const calls = {
      reduce: pickle(op.global(module, name), argument, op.reduce),
      "protocol 4": Buffer.concat([
        op.proto(4),
        op.text(module),
        op.text(name),
        Buffer.from([0x93]),
        argument,
        op.reduce,
        op.stop,
      ]),
      "new object": pickle(op.global(module, name), argument, Buffer.from([0x81])),
      inst: Buffer.from(`(S'touch pwned'\ni${module}\n${name}\n.`),
      obj: pickle(op.mark, op.global(module, name), op.text("touch pwned"), Buffer.from("o")),
      "only mentioned": pickle(op.global(module, name)),
      "inside a checkpoint": pickle(
        op.dict(["weight", tensor()], ["x", op.call(module, name, op.text("touch pwned"))]),
      ),
      "as the function of a tensor": pickle(
        op.call(
          "torch._tensor",
          "_rebuild_from_type_v2",
          op.global(module, name),
          op.none,
          argument,
          op.none,
        ),
      ),
      "as the type of a storage": pickle(
        op.tuple(
          op.text("storage"),
          op.global(module, name),
          op.text("0"),
          op.text("cpu"),
          op.int(1),
        ),
        op.persistentId,
      ),
    };
    for (const [way, bytes] of Object.entries(calls)) {
      const { message, hint } = refusalOf(bytes);
      expect(message, way).toBe(
        `evil.pkl: expected tensors and plain containers only, received a call for ${module}.${name}`,
      );
      expect(hint).toContain("Nothing was run");
    }
  });

  test("a name that is allowed may not be called for something else", () => {
    const refused = (bytes: Buffer) => refusalOf(bytes).message;
    expect(refused(pickle(op.call("torch", "Tensor", op.int(1))))).toContain(
      "a call for torch.Tensor",
    );
    expect(
      refused(
        pickle(
          op.call(
            "torch._tensor",
            "_rebuild_from_type_v2",
            op.global("collections", "OrderedDict"),
            op.none,
            op.emptyTuple,
          ),
        ),
      ),
    ).toContain("another function than PyTorch's own");
    expect(
      refused(
        pickle(op.call("copyreg", "_reconstructor", op.global("torch", "Size"), op.none, op.none)),
      ),
    ).toContain("a class that is not known");
    expect(refused(pickle(op.call("_codecs", "encode", op.text("x"), op.text("zlib"))))).toContain(
      "Latin-1",
    );
  });

  test("a name of a megabyte is not repeated whole", () => {
    const { message } = refusalOf(pickle(op.global("a".repeat(1e6), "b\u001b[31m")));
    expect(message.length).toBeLessThan(300);

    expect(message).not.toMatch(/[\u0000-\u001f]/);
  });

  test("no key reaches the prototype of anything", () => {
    const flat = read(
      pickle(op.dict(["__proto__", op.dict(["polluted", op.int(1)])], ["constructor", tensor()])),
    );
    expect(flat.values).toEqual({ "__proto__.polluted": "1" });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(flat.tensors.map(({ name }) => name)).toEqual(["constructor"]);
  });
});

describe("sizes", () => {
  const claim = (opcode: number, size: bigint, bytes: number) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(size);
    return Buffer.concat([Buffer.from([opcode]), length.subarray(0, bytes), Buffer.from("short.")]);
  };
  test.each<[string, Buffer]>([
    ["BINUNICODE8 of 2^62 bytes", claim(0x8d, 1n << 62n, 8)],
    ["BINUNICODE8 of 2^64 - 1 bytes", claim(0x8d, (1n << 64n) - 1n, 8)],
    ["BINBYTES8 of 2^53 bytes", claim(0x8e, 1n << 53n, 8)],
    ["BYTEARRAY8 of 2^40 bytes", claim(0x96, 1n << 40n, 8)],
    ["BINUNICODE of 4 GB", claim(0x58, 0xffffffffn, 4)],
    ["BINBYTES of 4 GB", claim(0x42, 0xffffffffn, 4)],
    ["BINSTRING of -1 bytes", claim(0x54, 0xffffffffn, 4)],
    ["LONG4 of 2 GB", claim(0x8b, 0x7fffffffn, 4)],
    ["LONG4 of -1 bytes", claim(0x8b, 0xffffffffn, 4)],
    [
      "LONG4 of 16 MB that are there",
      Buffer.concat([Buffer.from([0x8b]), uint32(2 ** 24), Buffer.alloc(2 ** 24, 1)]),
    ],
    ["a number of a million digits", Buffer.from(`L${"9".repeat(1e6)}L\n.`)],
    ["a line without an end", Buffer.from(`S'${"x".repeat(1e6)}`)],
    ["a place in the memo of a million digits", Buffer.from(`Np${"9".repeat(1e6)}\n.`)],
    ["text that is not UTF-8", Buffer.from([0x8c, 2, 0xc3, 0x28, 0x2e])],
  ])("%s", (_, bytes) => {
    refusalOf(bytes);
  });
});

describe("bombs", () => {
  /** Each level holds the level below ten times; 10^levels in all, in a few hundred bytes. */
  const laughs = (levels: number, level: (items: Buffer) => Buffer) => {
    const parts = [level(tensor())];
    for (let i = 0; i < levels; i++) {
      parts.push(op.put(i), level(Buffer.concat(Array.from({ length: 10 }, () => op.get(i)))));
    }
    return pickle(...parts);
  };
  const listOf = (items: Buffer) => Buffer.concat([op.emptyList, op.mark, items, Buffer.from("e")]);
  /** collections.deque of what is kept under 0, thrown away. */
  const copy = Buffer.from("ccollections\ndeque\nj\0\0\0\0\x85R0", "latin1");
  const tupleOf = (items: Buffer) => op.tuple(items);

  test.each<[string, Buffer, string]>([
    ["ten lists of ten lists, thirty deep", laughs(30, listOf), "far too often"],
    ["ten tuples of ten tuples, thirty deep", laughs(30, tupleOf), "far too often"],
    [
      "a million empty dictionaries",
      Buffer.concat([op.mark, Buffer.alloc(4e6, "}"), Buffer.from("t.")]),
      "more objects than its size allows",
    ],
    [
      "a million empty lists",
      Buffer.concat([op.mark, Buffer.alloc(4e6, "]"), Buffer.from("t.")]),
      "more objects than its size allows",
    ],
    [
      "a million tuples in one another",
      Buffer.concat([op.none, Buffer.alloc(4e6, 0x85), op.stop]),
      "more objects than its size allows",
    ],
    [
      "five million values that wait",
      Buffer.concat([Buffer.alloc(5e6, "N"), op.stop]),
      "stacks too many",
    ],
    ["five million marks", Buffer.alloc(5e6, "("), "too many marks"],
    [
      "one value doubled five million times",
      Buffer.concat([op.none, Buffer.alloc(5e6, "2"), op.stop]),
      "stacks too many",
    ],
    [
      "a hundred thousand copies of a long list",
      pickle(
        op.emptyList,
        op.mark,
        Buffer.alloc(100_000, "N"),
        Buffer.from("e"),
        op.put(0),
        ...Array.from({ length: 100_000 }, () => copy),
      ),
      "more objects than its size allows",
    ],
    [
      "a hundred thousand tensors with names of a megabyte",
      pickle(
        op.emptyDict,
        op.text("x".repeat(1e6)),
        op.put(1),
        op.dict(...Array.from({ length: 1000 }, (_, i): [string, Buffer] => [String(i), tensor()])),
        op.setItem,
      ),
      "a name in it has 1000000 characters",
    ],
    [
      "a long list of nothing, held a hundred thousand times",
      pickle(
        op.emptyList,
        op.mark,
        Buffer.alloc(100_000, "N"),
        Buffer.from("e"),
        op.put(0),
        listOf(Buffer.concat(Array.from({ length: 100_000 }, () => op.get(0)))),
      ),
      "far too often",
    ],
    [
      "lists nested sixty thousand deep",
      pickle(
        ...Array.from({ length: 60_000 }, () => op.emptyList),
        ...Array.from({ length: 59_999 }, () => op.append),
      ),
      "nested too deeply",
    ],
    [
      "a list that holds itself",
      pickle(op.emptyList, op.put(0), op.get(0), op.append),
      "holds itself",
    ],
    [
      "a dictionary that holds itself",
      pickle(op.emptyDict, op.put(0), op.text("me"), op.get(0), op.setItem),
      "holds itself",
    ],
    [
      "two lists that hold each other",
      pickle(op.emptyList, op.put(0), op.emptyList, op.put(1), op.get(0), op.append, op.append),
      "holds itself",
    ],
    ["one key twice", pickle(op.dict(["a", tensor()], ["a", tensor()])), '"a" is there twice'],
    [
      "one key twice, with other things under it",
      pickle(op.dict(["a", op.dict(["x", tensor()])], ["a", op.dict(["y", tensor()])])),
      '"a" is there twice',
    ],
    [
      "one name by two ways",
      pickle(op.dict(["a.b", tensor()], ["a", op.dict(["b", tensor()])])),
      '"a.b" is there twice',
    ],
  ])("%s", (_, bytes, message) => {
    expect(refusalOf(bytes).message).toContain(message);
  });

  test("a memo of four million places takes no more than they do", () => {
    const [before, begun] = [process.memoryUsage().rss, cpuTime()];
    read(Buffer.concat([op.none, Buffer.alloc(2e6, 0x94), op.stop]));
    expect(cpuTime() - begun).toBeLessThan(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });
});

describe("nonsense", () => {
  test("every single operation, on nothing, on a mark and on a value", () => {
    let refused = 0;
    for (let code = 0; code < 256; code++) {
      const tails = [Buffer.from([code, 0x2e]), Buffer.from([code, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e])];
      const starts = [
        Buffer.alloc(0),
        op.mark,
        op.none,
        op.emptyDict,
        op.emptyList,
        twice(op.none),
      ];
      for (const start of starts) {
        for (const tail of tails) {
          try {
            read(Buffer.concat([start, tail]));
          } catch (error) {
            // Only refusals; anything else fails the test.
            if (!(error instanceof EngineError)) throw error;
            refused++;
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(2000);
  });

  test.each<[string, Buffer, string]>([
    ["nothing at all", Buffer.alloc(0), "cut short"],
    ["the extension registry", Buffer.from([0x82, 1, 0x2e]), "byte 0x82"],
    ["buffers from outside", Buffer.from([0x97, 0x2e]), "byte 0x97"],
    ["a newer protocol", Buffer.from([0x80, 6, 0x4e, 0x2e]), "protocol 6"],
    ["what was never kept", Buffer.from("g7\n."), "recalls 7"],
    ["a mark that is not there", Buffer.from("t."), "not there"],
    ["values from below a mark", Buffer.from("N(R."), "where there is none"],
    ["a call of a number", pickle(op.int(1), op.emptyTuple, op.reduce), "calls what is no name"],
    [
      "arguments that are none",
      pickle(op.global("torch", "Size"), op.int(1), op.reduce),
      "lacks its arguments",
    ],
    [
      "arguments by name",
      pickle(
        op.global("torch", "Size"),
        op.emptyTuple,
        op.dict(["x", op.int(1)]),
        Buffer.from([0x92]),
      ),
      "by name",
    ],
    ["a state for a number", pickle(op.int(1), op.int(1), op.build), "state to what has none"],
    ["items for a number", pickle(op.int(1), op.text("a"), op.int(1), op.setItem), "no dictionary"],
    ["an odd number of items", Buffer.from("}(Nu."), "no dictionary"],
    ["a name that is a number", pickle(op.int(1), op.int(2), Buffer.from([0x93])), "no text"],
    ["a persistent id in text", Buffer.from("P0\n."), "no storage"],
    [
      "a persistent id of another kind",
      pickle(op.tuple(op.text("module"), op.int(1)), op.persistentId),
      "no storage",
    ],
  ])("%s", (_, bytes, message) => {
    expect(refusalOf(bytes).message).toContain(message);
  });
});

describe("tensors", () => {
  test.each<[string, TensorParts, string]>([
    ["a storage that is too small", { numel: 5 }, "reaches to element 5 of a storage of 5"],
    ["an offset beyond the storage", { offset: 1 }, "reaches to element 6"],
    ["an offset of 2^60", { offset: 2 ** 52 }, "reaches to element"],
    ["a negative offset", { offset: -1 }, "its offset"],
    ["a negative stride", { strides: [-3, 1] }, "its strides"],
    ["a negative side", { shape: [-2, 3] }, "its shape"],
    ["strides of another length", { strides: [1] }, "two lengths"],
    ["65 axes", { shape: Array(65).fill(1), strides: Array(65).fill(1) }, "at most 64"],
    [
      "one value that stands for 10^12",
      { shape: [1e6, 1e6], strides: [0, 0] },
      "repeats the 6 values",
    ],
    [
      "sides whose product is no number",
      { shape: Array(60).fill(2 ** 31 - 1), strides: Array(60).fill(0) },
      "repeats",
    ],
    ["a negative storage", { numel: -1 }, "the size of a storage"],
    ["a storage of 2^53 elements", { numel: 2 ** 53 }, "the size of a storage"],
    ["a key that leads outside", { key: "../../etc/passwd" }, "the key of a storage"],
    ["a key of another folder", { key: "a/b" }, "the key of a storage"],
    [
      "an untyped storage without a dtype",
      { storageType: "torch.storage.UntypedStorage" },
      "no dtype",
    ],
    ["a dtype that PyTorch writes otherwise", { function: "_rebuild_tensor_v3" }, "no dtype"],
    [
      "sparse values",
      { function: "_rebuild_sparse_tensor" },
      "a call for torch._utils._rebuild_sparse_tensor",
    ],
    [
      "quantised values",
      { function: "_rebuild_qtensor" },
      "a call for torch._utils._rebuild_qtensor",
    ],
    ["no values at all", { function: "_rebuild_meta_tensor_no_storage" }, "a call for"],
    ["a quantised storage", { storageType: "QInt8Storage" }, "a call for torch.QInt8Storage"],
  ])("%s", (_, parts, message) => {
    expect(refusalOf(pickle(op.dict(["weight", tensor(parts)]))).message).toContain(message);
  });

  test("a view of the old format may not reach beyond its storage", () => {
    const view = (...parts: Buffer[]) =>
      pickle(
        op.tuple(
          op.text("storage"),
          op.global("torch", "FloatStorage"),
          op.text("1"),
          op.text("cpu"),
          op.int(6),
          ...parts,
        ),
        op.persistentId,
      );
    expect(refusalOf(view(op.tuple(op.text("2"), op.int(4), op.int(3)))).message).toContain(
      "beyond its storage",
    );
    expect(refusalOf(view(op.int(1))).message).toContain("a view is none");
    expect(refusalOf(view(op.none, op.none)).message).toContain("no storage");
  });

  test("arrays of NumPy's must have the bytes that they claim, and numbers", () => {
    const array = (shape: Buffer, code: string, bytes: number) =>
      pickle(
        op.call(
          "numpy.core.multiarray",
          "_reconstruct",
          op.global("numpy", "ndarray"),
          op.tuple(op.int(0)),
          op.text("b"),
        ),
        op.tuple(
          op.int(1),
          shape,
          op.call("numpy", "dtype", op.text(code), op.false, op.false),
          op.false,
          op.call("_codecs", "encode", op.text("x".repeat(bytes)), op.text("latin1")),
        ),
        op.build,
      );
    expect(() => read(array(op.tuple(op.int(2)), "f4", 8))).not.toThrow();
    expect(refusalOf(array(op.tuple(op.int(3)), "f4", 8)).message).toContain("has 8 bytes");
    expect(
      refusalOf(array(op.tuple(op.int(2 ** 31 - 1), op.int(2 ** 31 - 1)), "f8", 8)).message,
    ).toContain("has 8 bytes");
    expect(refusalOf(array(op.tuple(op.int(1)), "O8", 8)).message).toContain("Python objects");
  });
});
