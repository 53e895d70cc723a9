/**
 * Two ONNX files of one network in ONNX Runtime, in turn in one process: how far apart their tokens are,
 * and the ratio of their times, on the clock and of the processor. With one thread the latter hardly sees
 * what else the machine does. Usage: node scripts/compare-onnx.mjs OURS THEIRS [--size 224] [--runs 30]
 * [--threads 0], 0 for as many as the runtime takes.
 */
import { parseArgs } from "node:util";

// Before it is loaded: see engine/executors/onnx-runtime.ts.
process.env["ORT_DISABLE_TELEMETRY"] = "1";
const { InferenceSession, Tensor } = await import("onnxruntime-node");

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "224" },
    runs: { type: "string", default: "30" },
    threads: { type: "string", default: "0" },
  },
});
const [first, second] = positionals;
const [size, runs] = [Number(values.size), Number(values.runs)];
const intraOpNumThreads = Number(values.threads);
if (!first || !second || !(size > 0) || !(runs > 0) || !(intraOpNumThreads >= 0)) {
  console.error(
    "Expected two .onnx files, and whole numbers. Usage: node scripts/compare-onnx.mjs OURS THEIRS [--size 224] [--runs 30] [--threads 0]",
  );
  process.exit(2);
}

// The same every time, and nothing that a network could find easy.
const image = Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i * 12.9898));
const feeds = { pixel_values: new Tensor("float32", image, [1, 3, size, size]) };
const ours = await InferenceSession.create(first, { intraOpNumThreads });
const theirs = await InferenceSession.create(second, { intraOpNumThreads });

/** @param {import("onnxruntime-node").InferenceSession} session */
async function timed(session) {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const { last_hidden_state: tokens } = await session.run(feeds, ["last_hidden_state"]);
  const { user, system } = process.cpuUsage(before);
  const clock = performance.now() - started;
  if (!(tokens?.data instanceof Float32Array)) throw new Error("expected tokens in float32");
  return { clock, processor: (user + system) / 1000, tokens: tokens.data };
}

// The first run of each is not counted.
const expected = (await timed(theirs)).tokens;
const furthest = (await timed(ours)).tokens.reduce(
  (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))),
  0,
);
console.log(`Largest difference of their tokens: ${furthest.toExponential(1)}`);

/** @type {{ ours: Awaited<ReturnType<typeof timed>>, theirs: Awaited<ReturnType<typeof timed>> }[]} */
const pairs = [];
for (let run = 0; run < runs; run++) {
  // Who goes first changes, so that neither always follows the other.
  if (run % 2 === 0) pairs.push({ ours: await timed(ours), theirs: await timed(theirs) });
  else {
    const other = await timed(theirs);
    pairs.push({ ours: await timed(ours), theirs: other });
  }
}

/** @param {number[]} list */
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? NaN;

const clocks = /** @type {const} */ (["clock", "processor"]);
for (const kind of clocks) {
  const own = pairs.map((pair) => pair.ours[kind]);
  const other = pairs.map((pair) => pair.theirs[kind]);
  const ratio = median(pairs.map((pair) => pair.ours[kind] / pair.theirs[kind]));
  const least = Math.min(...own) / Math.min(...other);
  console.log(
    `${kind}: medians ${median(own).toFixed(1)} and ${median(other).toFixed(1)} ms; first by second, ${runs} pairs: median ${ratio.toFixed(2)}, least by least ${least.toFixed(2)}`,
  );
}
