import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { decodeImage, type DecodedImage } from "../../engine/image/decode.ts";
import { ImagePool } from "../../engine/image/image-pool.ts";
import { planInput } from "../../engine/image/plan-input.ts";
import { preprocess } from "../../engine/image/preprocess.ts";
import { dinov3Preprocessor } from "../../engine/image/preprocessor.ts";
import { built } from "../support/running-engine.ts";

let photograph: Uint8Array;
beforeAll(async () => {
  const noise = { type: "gaussian", mean: 120, sigma: 40 } as const;
  photograph = await sharp({
    create: { width: 300, height: 200, channels: 3, background: "grey", noise },
  })
    .jpeg()
    .toBuffer();
});

let pool: ImagePool;
beforeEach(() => {
  pool = new ImagePool({ threadFile: built("image-thread.js"), threads: 1 });
});
afterEach(() => pool.dispose());

/** A photograph that takes a second to resample: 8192 × 8192 pixels of nothing. */
function vast(): DecodedImage {
  const pixels = new Uint8Array(new SharedArrayBuffer(3 * 8192 * 8192));
  return { width: 8192, height: 8192, pixels, format: "png", notes: [] };
}
const slowPlan = planInput(vast(), { kind: "short", side: 2048 }, dinov3Preprocessor, 16);

test("a thread decodes and preprocesses as the functions do, and leaves the caller its bytes", async () => {
  const before = Buffer.from(photograph);
  // A view into a larger buffer, as a WebSocket frame gives it.
  const frame = new Uint8Array(photograph.length + 64);
  frame.set(photograph, 32);
  const view = frame.subarray(32, 32 + photograph.length);
  const { decoded, preview } = await pool.decode(view, "a.jpg");
  expect(Buffer.from(view).equals(before)).toBe(true);

  const direct = await decodeImage(photograph, "a.jpg");
  expect({ ...decoded, pixels: 0 }).toEqual({ ...direct, pixels: 0 });
  expect(Buffer.from(decoded.pixels).equals(Buffer.from(direct.pixels))).toBe(true);
  expect(await sharp(preview).metadata()).toMatchObject({ format: "webp", width: 300 });

  const geometry = planInput(decoded, { kind: "model" }, dinov3Preprocessor, 16);
  const input = await pool.preprocess(decoded, geometry, dinov3Preprocessor);
  expect(input).toEqual(preprocess(direct, geometry, dinov3Preprocessor));
  // The pixels are still there for the next size.
  expect(decoded.pixels.length).toBe(3 * 300 * 200);
});

test("a refusal keeps its class, code and hint across the thread's border", async () => {
  await expect(pool.decode(photograph.subarray(0, 3000), "half.jpg")).rejects.toMatchObject({
    name: "EngineError",
    code: "image.truncated",
    message: expect.stringContaining("half.jpg: expected a whole JPEG file") as string,
    hint: "Copy or download it again.",
  });
});

test("a running task is cancelled within a second, and the pool works on", async () => {
  await pool.decode(photograph, "warm.jpg");
  const abort = new AbortController();
  const task = pool.preprocess(vast(), slowPlan, dinov3Preprocessor, abort.signal);
  const ended = task.then(
    () => "done",
    (error: unknown) => error,
  );
  await sleep(100);
  const cancelledAt = performance.now();
  abort.abort();
  expect(await ended).toMatchObject({ name: "EngineError", code: "cancelled" });
  expect(performance.now() - cancelledAt).toBeLessThan(1000);
  expect((await pool.decode(photograph, "b.jpg")).decoded.width).toBe(300);
});

test("the caller's thread is free while a thread works", async () => {
  await pool.decode(photograph, "warm.jpg");
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }, 5);
  const started = performance.now();
  await pool.preprocess(vast(), slowPlan, dinov3Preprocessor);
  const elapsedMs = performance.now() - started;
  clearInterval(timer);
  // Half the work is a bound that a blocked thread breaks and a busy machine does not.
  expect(longestMs).toBeLessThan(elapsedMs / 2);
});

test("a signal that has fired, and a pool that was disposed, are cancelled at once", async () => {
  await expect(pool.decode(photograph, "c.jpg", AbortSignal.abort())).rejects.toMatchObject({
    code: "cancelled",
  });
  const running = pool.decode(photograph, "d.jpg");
  const ended = expect(running).rejects.toMatchObject({ code: "cancelled" });
  await pool.dispose();
  await ended;
  await expect(pool.decode(photograph, "e.jpg")).rejects.toMatchObject({ code: "cancelled" });
});
