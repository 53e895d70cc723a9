/** One query in flight, the newest of those waiting next, and nothing from features that are gone. */
import { describe, expect, it } from "vitest";
import { SimilarityClient, type WorkerPort } from "../../renderer/compute/similarity-client.ts";
import type { FromWorker, ToWorker } from "../../renderer/compute/similarity-answers.ts";

function fakeWorker() {
  const sent: ToWorker[] = [];
  let listener: (event: { data: FromWorker }) => void = () => {};
  const port: WorkerPort = {
    postMessage: (message) => void sent.push(message),
    addEventListener: (_type, added) => (listener = added),
  };
  const answer = (version: number, values: number[]) =>
    listener({
      data: {
        type: "maps",
        maps: [
          {
            version,
            fromVersion: version,
            values: new Float32Array(values),
            tokens: new Float32Array(1),
          },
        ],
      },
    });
  const queries = () =>
    sent.flatMap((one) =>
      one.type === "query"
        ? one.questions.flatMap(({ asked }) => ("patches" in asked ? asked.patches : []))
        : [],
    );
  const lastVersion = () => {
    const load = sent.findLast((one) => one.type === "load");
    return load?.type === "load" ? load.version : 0;
  };
  return { port, answer, queries, lastVersion };
}

const over = (patch: number) => ({ from: "main", over: "main", asked: { patches: [patch] } });

describe("the similarity client", () => {
  it("of five hovers while one is computed, only the newest is computed next", async () => {
    const worker = fakeWorker();
    const client = new SimilarityClient(worker.port);
    void client.load("main", new Uint16Array(8), new Float32Array(2), 2);
    const asked = [0, 1, 2, 3].map((patch) => client.query([over(patch)]));
    expect(worker.queries()).toEqual([0]);
    worker.answer(worker.lastVersion(), [1, 0]);
    expect(worker.queries()).toEqual([0, 3]);
    worker.answer(worker.lastVersion(), [0, 1]);
    const maps = await Promise.all(asked);
    expect(maps.map((one) => one && [...one[0]!.values])).toEqual([
      [1, 0],
      undefined,
      undefined,
      [0, 1],
    ]);
  });

  it("a map of features that were replaced meanwhile is dropped", async () => {
    const worker = fakeWorker();
    const client = new SimilarityClient(worker.port);
    void client.load("main", new Uint16Array(8), new Float32Array(2), 2);
    const old = worker.lastVersion();
    const asked = client.query([over(0)]);
    void client.load("main", new Uint16Array(8), new Float32Array(2), 2);
    worker.answer(old, [1, 0]);
    expect(await asked).toEqual([undefined]);
  });

  it("the caller keeps its own copy of the features", () => {
    const worker = fakeWorker();
    const bits = new Uint16Array([1, 2, 3, 4]);
    void new SimilarityClient(worker.port).load("main", bits, new Float32Array(2), 2);
    expect(bits.byteLength).toBe(8);
  });
});
