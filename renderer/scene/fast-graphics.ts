/** Whether WebGL is drawn by a graphics processor: a browser refuses this wish where it is not. */
export function hasFastGraphics(): boolean {
  const wish = { failIfMajorPerformanceCaveat: true };
  const context = document
    .createElement("canvas")
    .getContext("webgl2", wish) as WebGL2RenderingContext | null;
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}
