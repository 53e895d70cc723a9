/** How far two Gram matrices of the same patches lie apart: the Gram loss as a score. */
import type { CosineMatrix } from "./similarities.ts";

/**
 * mean (a - b)^2 over all entries, of cosines: the Gram loss of one image in the official code
 * (reference dinov3.md C.2; losses/gram.ts has it for training).
 * @returns in [0, 4]
 */
export function gramDistance(a: CosineMatrix, b: CosineMatrix): number {
  let sum = 0;
  for (let i = 0; i < a.values.length; i++) sum += (a.values[i]! - b.values[i]!) ** 2;
  return sum / a.values.length;
}
