/** COCO's run lengths to masks: runs of 0 and of 1 in turn, down the columns, as numbers or as text. */
import { EngineError } from "../protocol/errors.ts";

/**
 * @param counts lengths of runs, or the text that COCO's own tools write them as
 * @param where for the message
 * @returns 0 or 1, [height, width], row-major
 * @throws EngineError "config.invalid" when the runs do not fill the mask exactly
 */
export function decodeRuns(
  counts: readonly number[] | string,
  { width, height }: { readonly width: number; readonly height: number },
  where: string,
): Uint8Array {
  const runs = typeof counts === "string" ? readCounts(counts, where) : counts;
  const size = width * height;
  const total = runs.reduce((sum, run) => sum + run, 0);
  if (total !== size || runs.some((run) => run < 0 || !Number.isInteger(run))) {
    throw new EngineError(
      "config.invalid",
      `${where}: expected runs that sum to ${width} × ${height} = ${size} pixels, received ${total}`,
    );
  }
  const mask = new Uint8Array(size);
  let at = 0;
  runs.forEach((run, index) => {
    const end = at + run;
    if (index % 2 === 0) at = end;
    for (; at < end; at++) mask[(at % height) * width + Math.floor(at / height)] = 1;
  });
  return mask;
}

/**
 * Five bits a character from "0" on, the lowest first; 32 says that another follows, 16 in the last
 * is the sign. From the third run on a number is the difference to the run before last.
 */
function readCounts(text: string, where: string): number[] {
  const runs: number[] = [];
  let at = 0;
  while (at < text.length) {
    let value = 0;
    let scale = 1;
    for (;;) {
      const bits = at < text.length ? text.charCodeAt(at++) - 48 : -1;
      // Seven characters hold any number of pixels that a picture may have.
      if (bits < 0 || bits > 63 || scale > 32 ** 6) {
        throw new EngineError(
          "config.invalid",
          `${where}: expected compressed run lengths, received ${JSON.stringify(text.slice(0, 40))}, which ends or breaks at character ${at}`,
        );
      }
      value += (bits & 31) * scale;
      scale *= 32;
      if ((bits & 32) !== 0) continue;
      if ((bits & 16) !== 0) value -= scale;
      break;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
  }
  return runs;
}
