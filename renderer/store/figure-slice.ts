/** Figures of what is shown: the engine draws them, a dialog asks for them. */
import type { FigureState } from "./figure-state.ts";
import type { Slice } from "./look.ts";

export const figureSlice: Slice<FigureState> = (set, get, { engine }) => ({
  isFigureOpen: false,
  figureCharts: undefined,
  openFigure(isOpen, charts) {
    if (isOpen) get().pause();
    set({ isFigureOpen: isOpen, figureCharts: isOpen ? charts : undefined });
  },
  figureSizes: (figure, options) => engine.call("figure.sizes", figure, options),
  drawFigure: (figure, options) => engine.call("figure.draw", figure, options),
  drawClip: (clip, options) => engine.call("figure.clip", clip, options),
});
