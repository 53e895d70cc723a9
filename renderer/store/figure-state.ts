/** Figures of what is shown: their shape. */
import type { CallOptions } from "../../engine/protocol/connection.ts";
import type { FigurePaneInput } from "../../engine/protocol/figure.ts";
import type { PayloadInput, Reply } from "../../engine/protocol/messages.ts";

/** Charts that were chosen for a figure, in place of the stage. */
export interface FigureCharts {
  /** What they are of, for the file's name. */
  readonly subject: string;
  readonly panes: readonly FigurePaneInput[];
}

export interface FigureState {
  /** Whether the dialog is open that saves one. */
  readonly isFigureOpen: boolean;
  /** Absent: the figure is of the stage. */
  readonly figureCharts: FigureCharts | undefined;
  openFigure(isOpen: boolean, charts?: FigureCharts): void;
  /** @throws EngineError of the engine */
  figureSizes(
    figure: PayloadInput<"figure.sizes">,
    options: CallOptions,
  ): Promise<Reply<"figure.sizes">>;
  /** @throws EngineError of the engine */
  drawFigure(
    figure: PayloadInput<"figure.draw">,
    options: CallOptions,
  ): Promise<Reply<"figure.draw">>;
  /** @throws EngineError of the engine */
  drawClip(clip: PayloadInput<"figure.clip">, options: CallOptions): Promise<Reply<"figure.clip">>;
}
