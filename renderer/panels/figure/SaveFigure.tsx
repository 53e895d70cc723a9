/** The button that saves what is shown as a figure, and the dialog, which is loaded when it is opened. */
import { lazy } from "react";
import { withKeys } from "../actions/registry.ts";
import { ModalDialog } from "../ModalDialog.tsx";
import { useLook } from "../store-context.ts";

const FigureDialog = lazy(async () => ({
  default: (await import("./FigureDialog.tsx")).FigureDialog,
}));

export function FigureButton() {
  const openFigure = useLook((state) => state.openFigure);
  const hasPhotograph = useLook((state) => state.active !== undefined);
  return (
    <button
      title={withKeys("Save what is shown as PNG, SVG or PDF", "figure")}
      disabled={!hasPhotograph}
      onClick={() => openFigure(true)}
    >
      Figure
    </button>
  );
}

/** On every page: charts are saved by it too. */
export function FigureWindow() {
  const isOpen = useLook((state) => state.isFigureOpen);
  const openFigure = useLook((state) => state.openFigure);
  return (
    <ModalDialog
      isOpen={isOpen}
      label="Save a figure"
      className="figure-dialog"
      onClose={() => openFigure(false)}
    >
      <FigureDialog close={() => openFigure(false)} />
    </ModalDialog>
  );
}
