/** Figures of what is shown: their shape. */
import type { CallOptions } from "../../engine/protocol/connection.ts";
import type { PayloadInput, Reply } from "../../engine/protocol/messages.ts";

export interface FigureState {
  /** Whether the dialog is open that saves one. */
  readonly isFigureOpen: boolean;
  openFigure(isOpen: boolean): void;
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
