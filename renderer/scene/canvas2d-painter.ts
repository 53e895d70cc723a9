/** Colours a map on a 2D canvas, where WebGL is not to be had. */
import { paintScalars } from "../../engine/protocol/map-cells.ts";
import type { MapPicture } from "./map-picture.ts";
import type { Painter } from "./painter.ts";

export function canvas2dPainter(): Painter {
  const canvas = document.createElement("canvas");
  // Drawn from the processor's memory; without this hint it may be kept on the other side.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("internal: this browser has no 2D canvas");
  let map: MapPicture | undefined;
  let table: Uint8Array = new Uint8Array(256 * 3);

  return {
    path: "canvas2d",
    canvas,
    setMap(picture) {
      map = picture;
      if (canvas.width !== map.cols) canvas.width = map.cols;
      if (canvas.height !== map.rows) canvas.height = map.rows;
    },
    setRange(range) {
      if (map?.kind === "scalar") map = { ...map, range };
    },
    setTable(colours) {
      table = colours;
    },
    draw() {
      if (map) context.putImageData(pixelsOf(map, table), 0, 0);
    },
    finish() {
      context.getImageData(0, 0, 1, 1);
    },
    dispose() {
      canvas.remove();
    },
  };
}

/** One pixel a patch. */
export function pixelsOf(map: MapPicture, table: Uint8Array): ImageData {
  const pixels = new ImageData(map.cols, map.rows);
  const { data } = pixels;
  if (map.kind === "colour") {
    data.set(map.rgba);
    return pixels;
  }
  paintScalars(data, map.values, map.range, table);
  return pixels;
}
