/** Checkpoints that PyTorch and NumPy wrote (test/fixtures/checkpoints/make_checkpoints.py), value by value. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { assemble } from "../../engine/checkpoints/assemble.ts";
import { openCheckpoint } from "../../engine/checkpoints/open-checkpoint.ts";
import { inOneStretch } from "../../engine/checkpoints/stored-tensor.ts";
import { contentOf, contentsOf, fixtures, tensorsOf } from "./stored-values.ts";

/** What a tensor is called and how its dtype is spelled where NumPy has no such dtype. */
const asNumpy = ({ dtype, ...rest }: Awaited<ReturnType<typeof contentOf>>) => ({
  dtype: dtype === "BF16" ? "U16" : dtype,
  ...rest,
});

describe("every dtype, view and nesting", () => {
  test.each(["assorted.pth", "assorted-legacy.pth"])(
    "%s holds what NumPy wrote beside it",
    async (name) => {
      const [saved, expected] = [
        await contentsOf(await tensorsOf(name)),
        await contentsOf(await tensorsOf("assorted.npz")),
      ];
      expect(Object.keys(saved).sort()).toEqual(Object.keys(expected).sort());
      for (const [key, content] of Object.entries(saved)) {
        expect(asNumpy(content), key).toEqual(expected[key]);
      }
    },
  );

  test("NumPy's own archive says what was put into it", async () => {
    const tensors = await tensorsOf("assorted.npz");
    const values = (name: string) => assemble(tensors[name]!);
    expect([...new Float32Array((await values("array")).buffer)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(tensors["array"]).toMatchObject({ dtype: "F32", shape: [2, 3] });
    expect(new Float32Array((await values("scalar")).buffer)[0]).toBe(2.5);
    expect(tensors["scalar"]).toMatchObject({ shape: [] });
    expect([...(await values("int16"))]).toEqual([253, 255, 3, 0]);
    expect(tensors["empty"]).toMatchObject({ shape: [0, 3] });
  });

  test("a view without gaps lies in the file as it is, another does not", async () => {
    const tensors = await tensorsOf("assorted.pth");
    const stretch = async (name: string) =>
      inOneStretch(tensors[name]!, await tensors[name]!.pieces());
    const base = await stretch("float32");
    expect(base).toMatchObject({ path: join(fixtures, "assorted.pth"), byteLength: 96 });
    // PyTorch aligns every storage to 64 bytes.
    expect(base!.byteOffset % 64).toBe(0);
    // Rows 1 and 2 of the same storage.
    expect(await stretch("rows")).toEqual({
      ...base,
      byteOffset: base!.byteOffset + 24,
      byteLength: 48,
    });
    expect(await stretch("nested.inner.deep")).toMatchObject({ byteOffset: base!.byteOffset + 72 });
    for (const name of ["transposed", "column", "steps", "permuted"]) {
      expect(await stretch(name), name).toBeUndefined();
    }
  });
});

describe("one network in every container", () => {
  test.each(["flat-legacy.pth", "strided.pth"])("%s is flat.pth", async (name) => {
    const [flat, other] = [await tensorsOf("flat.pth"), await tensorsOf(name)];
    // Its periods were widened so that they could share a storage.
    const periods = "rope_embed.periods";
    delete flat[periods];
    delete other[periods];
    expect(await contentsOf(other)).toEqual(await contentsOf(flat));
    expect(Object.keys(flat).length).toBe(37);
  });

  test.each([
    ["distributed", "model.teacher.backbone."],
    ["distributed-two", "model.teacher.backbone."],
    ["training.pth", "teacher.backbone."],
  ])("%s holds it under %s", async (name, prefix) => {
    const tensors = await tensorsOf(name);
    const inner = Object.fromEntries(
      Object.entries(tensors)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, tensor]) => [key.slice(prefix.length), tensor]),
    );
    expect(await contentsOf(inner)).toEqual(await contentsOf(await tensorsOf("flat.pth")));
  });

  test("a matrix of two processes is put together from two files", async () => {
    const tensor = (await tensorsOf("distributed-two"))[
      "model.teacher.backbone.blocks.0.mlp.fc1.weight"
    ]!;
    const pieces = await tensor.pieces();
    expect(pieces.map(({ origin, shape }) => [origin, shape])).toEqual([
      [
        [0, 0],
        [13, 16],
      ],
      [
        [13, 0],
        [11, 16],
      ],
    ]);
    expect(pieces.map(({ bytes }) => bytes.kind === "file" && bytes.path)).toEqual([
      join(fixtures, "distributed-two/__0_0.distcp"),
      join(fixtures, "distributed-two/__1_0.distcp"),
    ]);
  });

  test("NumPy's archives, deflated and in Fortran order, are one another's", async () => {
    const plain = await tensorsOf("arrays.npz");
    const deflated = await tensorsOf("arrays-deflated.npz");
    expect(await contentsOf(deflated)).toEqual(await contentsOf(plain));
    const flat = await tensorsOf("flat.pth");
    delete flat["rope_embed.periods"];
    delete plain["rope_embed.periods"];
    expect(await contentsOf(plain)).toEqual(await contentsOf(flat));
  });

  test("an array that holds text is left out and told", async () => {
    const { tensors, values } = await openCheckpoint(join(fixtures, "arrays-deflated.npz"));
    expect(tensors.some(({ name }) => name === "note")).toBe(false);
    expect(values["note"]).toBe("left out: its dtype is <U4");
  });

  test("a big-endian array comes out little-endian", async () => {
    const { array } = await tensorsOf("array.npy");
    const flat = (await tensorsOf("flat.pth"))["blocks.0.attn.qkv.weight"]!;
    expect(await contentOf(array!)).toEqual(await contentOf(flat));
  });
});

describe("what lies beside the tensors", () => {
  test("numbers, texts and options of a training checkpoint are told", async () => {
    const { format, values, tensors } = await openCheckpoint(join(fixtures, "training.pth"));
    expect(format).toBe("PyTorch");
    expect(values).toMatchObject({
      epoch: "12",
      loss: "3.25",
      best: "0.5",
      "args.arch": "vit_small",
      "args.lr": "0.001",
      dtype: "F16",
    });
    const names = tensors.map(({ name }) => name);
    expect(names).toContain("student.module.backbone.cls_token");
    expect(names).toContain("optimizer.state.0.exp_avg");
    // The generator's state: a tuple of NumPy's with one array in it.
    expect(names).toContain("rng.1");
  });

  test("the formats are told apart by their first bytes", async () => {
    const formats = await Promise.all(
      ["flat.pth", "flat-legacy.pth", "distributed", "arrays.npz", "array.npy"].map(
        async (name) => (await openCheckpoint(join(fixtures, name))).format,
      ),
    );
    expect(formats).toEqual([
      "PyTorch",
      "PyTorch, before 1.6",
      "PyTorch, distributed",
      "NumPy, archive",
      "NumPy",
    ]);
  });
});
