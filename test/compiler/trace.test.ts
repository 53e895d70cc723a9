/** What a trace records, prints and refuses. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { printGraph } from "../../engine/compiler/graph.ts";
import { peakBytes } from "../../engine/compiler/memory.ts";
import { gelu, layerNorm } from "../../engine/compiler/ops.ts";
import { simplify } from "../../engine/compiler/simplify.ts";
import { trace, type Traceable } from "../../engine/compiler/trace.ts";
import { EngineError } from "../../engine/protocol/errors.ts";

type Build = Traceable["build"];

/** A program over x [2, 4] with the parameters w [3, 4] and b [3]. */
function program(build: Build): Traceable {
  return {
    name: "test",
    inputs: { x: { dtype: "float32", shape: [2, 4] } },
    params: { w: { shape: [3, 4] }, b: { shape: [3] } },
    build,
  };
}

function refusal(build: Build): EngineError {
  try {
    trace(program(build));
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  return expect.fail("the trace was accepted");
}

describe("a trace", () => {
  it("records calls in order and prints itself", () => {
    const graph = trace(
      program(({ x }, { w, b }) => ({ y: gelu(tf.add(tf.matMul(x!, w!, false, true), b!)) })),
    );
    expect(printGraph(graph)).toBe(
      [
        "input x: float32[2,4]",
        "param w: float32[3,4]",
        "param b: float32[3]",
        "%3: float32[2,3] = BatchMatMul(x, w) transposeB=true",
        "%4: float32[2,3] = Add(%3, b)",
        "%5: float32[2,3] = Gelu(%4)",
        "output y: %5",
      ].join("\n"),
    );
  });

  it("keeps ones and zeros as single numbers, whatever their shape", () => {
    const { constants } = trace(
      program(({ x }) => ({
        y: tf.add(tf.mul(x!, tf.ones([2, 4])), tf.zerosLike(x!)),
      })),
    );
    expect([...constants.values()]).toEqual([1, 0]);
  });

  it("leaves tfjs on the backend that it found", async () => {
    await import("@tensorflow/tfjs-backend-cpu");
    tf.enableProdMode();
    await tf.setBackend("cpu");
    trace(program(({ x }) => ({ y: tf.neg(x!) })));
    expect(tf.getBackend()).toBe("cpu");
    expect(tf.add(1, 2).dataSync()).toEqual(Float32Array.of(3));
    refusal(({ x }) => ({ y: tf.scalar(x!.dataSync()[0]!) }));
    expect(tf.getBackend()).toBe("cpu");
  });

  it("leaks no tensor", () => {
    const before = tf.memory().numTensors;
    trace(program(({ x }, { w }) => ({ y: tf.matMul(x!, w!, false, true) })));
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, Build]>([
    ["dataSync", ({ x }) => ({ y: tf.scalar(x!.dataSync()[0]!) })],
    ["arraySync", ({ x }) => ({ y: tf.tensor(x!.arraySync()) })],
  ])("refuses a value read through %s", (_, build) => {
    const { code, message } = refusal(build);
    expect(code).toBe("trace.read");
    expect(message).toContain("read");
  });

  it("names the op that reads a value", () => {
    const build: Build = ({ x }) => {
      x!.print();
      return { y: x! };
    };
    expect(refusal(build).code).toBe("trace.read");
  });

  it.each<[string, () => tf.Tensor]>([
    ["randomNormal", () => tf.randomNormal([2, 4])],
    ["randomUniform", () => tf.randomUniform([2, 4])],
    ["truncatedNormal", () => tf.truncatedNormal([2, 4])],
    ["randomStandardNormal", () => tf.randomStandardNormal([2, 4])],
    ["dropout", () => tf.dropout(tf.ones([2, 4]), 0.5)],
    ["rand", () => tf.rand([2, 4], () => 0.5)],
    ["multinomial", () => tf.multinomial(tf.tensor2d([[0.4, 0.6]]), 3)],
  ])("refuses the random op %s by name", (name, draw) => {
    const { code, message } = refusal(({ x }) => ({ y: tf.add(x!, tf.cast(draw(), "float32")) }));
    expect(code).toBe("trace.random");
    expect(message).toContain(name);
  });

  it("names a kernel that has no rule", () => {
    const { code, message } = refusal(({ x }) => ({ y: tf.atan(x!) }));
    expect(code).toBe("trace.kernel");
    expect(message).toContain("Atan");
  });
});

describe("the simplifier", () => {
  const lines = (build: Build) =>
    printGraph(simplify(trace(program(build))))
      .split("\n")
      .filter((line) => line.startsWith("%"))
      .map((line) => line.replace(/^%\d+: /, ""));

  it("drops what no output needs", () => {
    expect(
      lines(({ x }) => {
        tf.exp(x!);
        return { y: tf.neg(x!) };
      }),
    ).toEqual(["float32[2,4] = Neg(x)"]);
  });

  it("does repeated work once", () => {
    expect(lines(({ x }) => ({ y: tf.add(tf.exp(x!), tf.exp(x!)) }))).toHaveLength(2);
  });

  it("skips movement that moves nothing", () => {
    const build: Build = ({ x }) => {
      const turned = tf.transpose(tf.transpose(x!, [1, 0]), [1, 0]);
      const there = tf.reshape(tf.reshape(turned, [8]), [2, 4]);
      return { y: tf.neg(tf.tile(tf.slice(there, [0, 0], [2, 4]), [1, 1])) };
    };
    expect(lines(build)).toEqual(["float32[2,4] = Neg(x)"]);
  });

  it("removes multiplications by one and additions of zero", () => {
    const build: Build = ({ x }) => ({
      y: tf.neg(tf.add(tf.mul(x!, tf.onesLike(x!)), tf.zeros([2, 4]))),
    });
    expect(lines(build)).toEqual(["float32[2,4] = Neg(x)"]);
  });

  it("turns a transposed operand into a flag of the product", () => {
    const build: Build = ({ x }, { w }) => ({
      y: tf.matMul(x!, tf.transpose(w!, [1, 0])),
    });
    expect(lines(build)).toEqual(["float32[2,3] = BatchMatMul(x, w) transposeB=true"]);
  });

  it("joins a product and its bias, unless the product is read elsewhere", () => {
    const product: Build = ({ x }, { w, b }) => ({
      y: tf.add(tf.matMul(x!, w!, false, true), b!),
    });
    expect(lines(product)).toEqual(["float32[2,3] = Linear(x, w, b) transposeB=true"]);
    const shared: Build = ({ x }, { w, b }) => {
      const y = tf.matMul(x!, w!, false, true);
      return { y, z: tf.add(y, b!) };
    };
    expect(lines(shared).map((line) => /= (\w+)/.exec(line)![1])).toEqual(["BatchMatMul", "Add"]);
  });

  it("joins a residual sum and the norm that reads it", () => {
    const build: Build = ({ x }, { w }) => {
      const tokens = tf.reshape(x!, [1, 2, 4]);
      const row = tf.reshape(tf.slice(w!, [0, 0], [1, 4]), [4]);
      const sum = tf.add(tokens, tf.neg(tokens));
      return { sum, y: layerNorm(sum, tf.ones([4]), tf.zeros([4]), 1e-5), row };
    };
    const kernels = lines(build).map((line) => /= (\w+)/.exec(line)![1]);
    expect(kernels).toContain("SkipLayerNorm");
    expect(kernels).not.toContain("LayerNorm");
    expect(kernels).not.toContain("Add");
  });
});

describe("the estimate of working memory", () => {
  it("counts what is alive at once, not what was ever made", () => {
    const chain: Build = ({ x }) => {
      let y = tf.exp(x!);
      for (let i = 0; i < 10; i++) y = tf.exp(y);
      return { y };
    };
    // Two tensors of 8 floats: what a step reads and what it makes.
    expect(peakBytes(trace(program(chain)))).toBe(2 * 8 * 4);
  });
});
