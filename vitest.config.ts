/**
 * Two suites, one after the other: `unit` is everything that runs in Node, `page` drives the built
 * page in a browser and measures it, so it has the machine to itself.
 */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { oneTfjs } from "./vite.engine.config.ts";
import { webAssemblyText } from "./vite.wat.ts";

const pageTests = "test/page/**/*.test.ts";

export default defineConfig({
  plugins: [webAssemblyText()],
  resolve: { alias: [oneTfjs] },
  test: {
    // A native crash ends one test file, not the run; the runtimes want processes of their own.
    pool: "forks",
    // One for each core also where there are only two: vitest leaves one of them idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // A machine that does other work as well is slow, not wrong.
    expect: { poll: { timeout: 30_000 } },
    // Through the same alias; left to Node, tfjs would come a second time, without gradients.
    // tfjs is 700 files: transformed once, not once a run.
    experimental: { fsModuleCache: true },
    server: { deps: { inline: [/@tensorflow\/tfjs-/] } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: [pageTests],
          // A model on the software WebGPU of a small machine is slow, not stuck.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "page",
          include: [pageTests],
          fileParallelism: false,
          testTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
