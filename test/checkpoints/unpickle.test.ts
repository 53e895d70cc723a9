/** Python's pickle by every protocol that it has, and values that picklers rarely write. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkpointNames } from "../../engine/checkpoints/allowed-names.ts";
import { flatten } from "../../engine/checkpoints/flatten.ts";
import {
  PickledDict,
  PickledList,
  PickledRecord,
  PickledTuple,
  type Pickled,
} from "../../engine/checkpoints/pickled.ts";
import { unpickle, unpickleWhole } from "../../engine/checkpoints/unpickle.ts";
import { op, pickle } from "./hostile-files.ts";
import { fixtures } from "./stored-values.ts";

const read = (bytes: Uint8Array) =>
  unpickleWhole(bytes, { where: "test.pkl", names: checkpointNames });

/** As plain JavaScript: tuples and lists as arrays, dictionaries as entries, bytes as text. */
function plain(value: Pickled): unknown {
  if (value instanceof PickledTuple || value instanceof PickledList) {
    return (value.items ?? []).map(plain);
  }
  if (value instanceof PickledDict)
    return [...value.entries()].map(([k, v]) => [plain(k), plain(v)]);
  if (value instanceof PickledRecord) return [value.path, plain(value.state)];
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  return value;
}

describe("the same objects by every protocol", () => {
  test.each([0, 1, 2, 3, 4, 5])("protocol %d", async (protocol) => {
    const bytes = await readFile(join(fixtures, `protocol-${protocol}.pkl`));
    const root = read(bytes);
    if (!(root instanceof PickledDict)) throw new Error("expected a dictionary");
    const got = Object.fromEntries([...root.entries()].map(([k, v]) => [k as string, plain(v)]));
    expect(got).toEqual({
      none: null,
      true: true,
      false: false,
      small: 7,
      byte: 200,
      word: 60000,
      negative: -70000,
      long: 2 ** 40,
      huge: -(2n ** 80n),
      float: -1.5e300,
      text: "plain",
      unicode: "é中😀\\n\n",
      bytes: "\x00\xff'\\",
      tuple: [1, [2, 3], []],
      list: [[], [1.5, "x"]],
      set: [4],
      frozen: [5],
      shared: [
        [1, 2],
        [1, 2],
      ],
      ordered: [
        ["a", 1],
        ["b", 2],
      ],
      numbers: [
        [1, "one"],
        [-1, "minus one"],
      ],
      namespace: ["argparse.Namespace", [["lr", 0.5]]],
      many: Array.from({ length: 1100 }, (_, i) => i),
    });
    const shared = root.get("shared");
    if (!(shared instanceof PickledList)) throw new Error("expected a list");
    expect(shared.items![0]).toBe(shared.items![1]);
  });

  test.each([0, 1, 2, 3, 4, 5])("protocol %d cut short anywhere is refused", async (protocol) => {
    const bytes = await readFile(join(fixtures, `protocol-${protocol}.pkl`));
    // The list of 1,100 numbers at its end is as good at one place as at another.
    for (let length = 0; length < bytes.length; length += length < 700 ? 1 : 97) {
      expect(() => read(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: "weights.format" }) as Error,
      );
    }
  });
});

describe("values", () => {
  test.each<[what: string, bytes: Buffer, expected: unknown]>([
    ["a float in text", Buffer.from("F-1.5e-3\n."), -0.0015],
    ["infinity in text", Buffer.from("Finf\n."), Infinity],
    ["a long in text", Buffer.from("L12345678901234567890L\n."), 12345678901234567890n],
    ["True as Python 2 writes it", Buffer.from("I01\n."), true],
    ["an escaped text", Buffer.from("S'a\\x41\\n\\'\\\\'\n."), "aA\n'\\"],
    ["a raw text", Buffer.from("Va\\u00e9\\U0001f600\\n\n."), "aé😀\\n"],
    ["an empty long", Buffer.from([0x8a, 0, 0x2e]), 0],
    ["minus one in one byte", Buffer.from([0x8a, 1, 0xff, 0x2e]), -1],
    ["what lies below is left", pickle(op.int(1), op.int(2)), 2],
    ["DUP, POP and POP_MARK", pickle(op.int(1), Buffer.from("2(N10")), 1],
    [
      "bytes by _codecs.encode",
      pickle(op.call("_codecs", "encode", op.text("é"), op.text("latin1"))),
      "é",
    ],
    [
      "an OrderedDict of pairs",
      pickle(
        op.global("collections", "OrderedDict"),
        op.tuple(
          Buffer.concat([
            op.emptyList,
            op.mark,
            op.tuple(op.text("a"), op.int(1)),
            Buffer.from("e"),
          ]),
        ),
        op.reduce,
      ),
      [["a", 1]],
    ],
  ])("%s", (_, bytes, expected) => {
    expect(plain(read(bytes))).toEqual(expected);
  });

  test("where one pickle ends the next may begin", () => {
    const bytes = Buffer.concat([pickle(op.int(1)), pickle(op.int(2))]);
    const options = { where: "test.pkl", names: checkpointNames };
    const first = unpickle(bytes, options);
    expect(first).toEqual({ value: 1, end: bytes.length / 2 });
    expect(unpickle(bytes, { ...options, start: first.end }).value).toBe(2);
  });

  test("options of training code are plain fields, whatever their class does", () => {
    const config = read(
      pickle(
        op.global("omegaconf.dictconfig", "DictConfig"),
        op.emptyTuple,
        Buffer.from([0x81]),
        op.dict(["_content", op.dict(["arch", op.text("vit_large")])]),
        op.build,
      ),
    );
    expect(plain(config)).toEqual([
      "omegaconf.dictconfig.DictConfig",
      [["_content", [["arch", "vit_large"]]]],
    ]);
  });

  test("options that lead back to themselves, as OmegaConf's do, hide nothing and hinder nothing", () => {
    const parent = Buffer.concat([
      op.global("omegaconf.dictconfig", "DictConfig"),
      op.emptyTuple,
      Buffer.from([0x81]),
      op.put(7),
      op.dict(["_parent", op.get(7)], ["_metadata", op.global("typing", "Any")]),
      op.build,
    ]);
    const root = read(pickle(op.dict(["config", parent], ["epoch", op.int(3)])));
    expect(flatten(root, "x", 100)).toEqual({ tensors: [], values: { epoch: "3" } });
  });

  test("Lightning's hyperparameters are a dictionary", () => {
    const root = read(
      pickle(
        op.global("pytorch_lightning.utilities.parsing", "AttributeDict"),
        op.emptyTuple,
        Buffer.from([0x81]),
        op.text("lr"),
        op.int(1),
        op.setItem,
      ),
    );
    expect(plain(root)).toEqual([["lr", 1]]);
  });
});
