/** How a photograph is enlarged in its pane: the arithmetic of zoom and pan, in no pane's pixels. */

export interface Zoom {
  /** 1 fits the photograph into its pane. */
  readonly scale: number;
  /** The point of the photograph in the middle of the pane, 0..1 across and down. */
  readonly x: number;
  readonly y: number;
}

/** A pane and the photograph in it at scale 1, in pixels of the screen. */
export interface ZoomFrame {
  readonly space: { readonly width: number; readonly height: number };
  readonly photo: { readonly width: number; readonly height: number };
}

/** In pixels of the screen, from the middle of the pane. */
export interface Offset {
  readonly x: number;
  readonly y: number;
}

export const fitted: Zoom = { scale: 1, x: 0.5, y: 0.5 };
export const maxScale = 40;
/** One press of a key. */
export const zoomStep = 1.25;

export const isFitted = ({ scale }: Zoom): boolean => scale <= 1;

/** The nearest zoom that shows no more empty space than it must. */
export function clampZoom({ scale, x, y }: Zoom, { space, photo }: ZoomFrame): Zoom {
  if (scale <= 1) return fitted;
  const kept = Math.min(maxScale, scale);
  const clamp = (at: number, seen: number) =>
    seen >= 1 ? 0.5 : Math.min(1 - seen / 2, Math.max(seen / 2, at));
  return {
    scale: kept,
    x: clamp(x, space.width / (photo.width * kept)),
    y: clamp(y, space.height / (photo.height * kept)),
  };
}

/** From the middle of the pane to the middle of the photograph. @param zoom clamped already */
export function offsetOf({ scale, x, y }: Zoom, { photo }: ZoomFrame): Offset {
  return { x: (0.5 - x) * photo.width * scale, y: (0.5 - y) * photo.height * scale };
}

/** Enlarge so that what is at the point stays there. */
export function zoomAt(zoom: Zoom, frame: ZoomFrame, at: Offset, factor: number): Zoom {
  const from = clampZoom(zoom, frame);
  const scale = Math.min(maxScale, Math.max(1, from.scale * factor));
  const keep = (middle: number, offset: number, size: number) =>
    middle + offset / (size * from.scale) - offset / (size * scale);
  const { width, height } = frame.photo;
  const next = { scale, x: keep(from.x, at.x, width), y: keep(from.y, at.y, height) };
  return clampZoom(next, frame);
}

/** Move the photograph with the pointer. */
export function panBy(zoom: Zoom, frame: ZoomFrame, by: Offset): Zoom {
  const { scale, x, y } = clampZoom(zoom, frame);
  const { width, height } = frame.photo;
  return clampZoom({ scale, x: x - by.x / (width * scale), y: y - by.y / (height * scale) }, frame);
}

/** `2.5,0.4,0.62`: scale and the middle. */
export function formatZoom(zoom: Zoom): string {
  if (isFitted(zoom)) return "fit";
  const short = (value: number, digits: number) => String(Number(value.toFixed(digits)));
  return [short(zoom.scale, 3), short(zoom.x, 4), short(zoom.y, 4)].join(",");
}

export function parseZoom(text: string): Zoom | undefined {
  if (text === "fit") return fitted;
  if (!/^\d+(\.\d+)?(,\d+(\.\d+)?){2}$/.test(text)) return undefined;
  const [scale = 0, x = 0, y = 0] = text.split(",").map(Number);
  return scale >= 1 && scale <= maxScale && x <= 1 && y <= 1 ? { scale, x, y } : undefined;
}
