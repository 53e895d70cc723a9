/** Enlarges a photograph in its pane by a transform alone: nothing is computed or uploaded for it. */
import type { LookStore } from "../store/look.ts";
import { seenIn } from "../store/seen.ts";
import type { Pane } from "../store/view-state.ts";
import { clampZoom, offsetOf, type ZoomFrame } from "../store/zoom.ts";

export interface PaneZoom {
  /** The pane or the photograph has another size. */
  resize(frame: ZoomFrame | undefined): void;
  dispose(): void;
}

/**
 * @param photo    scaled as a whole, with its map
 * @param overlays made larger instead, so that lines and crosses keep their width
 */
export function paneZoom(
  store: LookStore,
  pane: Pane,
  photo: HTMLElement,
  overlays: HTMLElement,
): PaneZoom {
  let frame: ZoomFrame | undefined;
  const apply = () => {
    if (!frame) return;
    const zoom = clampZoom(seenIn(store.getState(), pane).zoom, frame);
    const offset = offsetOf(zoom, frame);
    const { space } = frame;
    const width = frame.photo.width * zoom.scale;
    const height = frame.photo.height * zoom.scale;
    // On whole pixels, or the edges of patches would blur.
    const x = Math.round((space.width - width) / 2 + offset.x);
    const y = Math.round((space.height - height) / 2 + offset.y);
    photo.style.transform = `translate(${x}px, ${y}px) scale(${zoom.scale})`;
    Object.assign(overlays.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `translate(${x}px, ${y}px)`,
    });
  };
  const stop = store.subscribe((state, before) => {
    if (state.zoom !== before.zoom || state.panes !== before.panes) apply();
  });
  return {
    resize(next) {
      frame = next;
      apply();
    },
    dispose: stop,
  };
}
