/**
 * Charts are drawn one after another, a part of a frame at a time: a dozen at once would hold up
 * whatever is typed or pointed at meanwhile.
 */

/** Milliseconds of a frame's 16. */
const partMs = 5;

const waiting = new Map<object, () => void>();
let frame: number | undefined;

/** A later drawing of the same chart takes the earlier one's place and turn. */
export function drawInTurn(chart: object, draw: () => void): void {
  waiting.set(chart, draw);
  frame ??= requestAnimationFrame(drawSome);
}

export function forgetDrawing(chart: object): void {
  waiting.delete(chart);
}

function drawSome(): void {
  const end = performance.now() + partMs;
  for (const [chart, draw] of waiting) {
    waiting.delete(chart);
    draw();
    if (performance.now() > end) break;
  }
  frame = waiting.size > 0 ? requestAnimationFrame(drawSome) : undefined;
}
