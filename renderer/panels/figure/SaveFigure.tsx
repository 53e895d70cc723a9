/** The button that saves what is shown as a figure, and its dialog, which is loaded when it is opened. */
import { lazy, Suspense, useEffect, useRef } from "react";
import { useLook } from "../store-context.ts";

const FigureDialog = lazy(async () => ({
  default: (await import("./FigureDialog.tsx")).FigureDialog,
}));

export function SaveFigure() {
  const isOpen = useLook((state) => state.isFigureOpen);
  const openFigure = useLook((state) => state.openFigure);
  const hasPhotograph = useLook((state) => state.active !== undefined);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <>
      <button
        title="Save what is shown as PNG, SVG or PDF (F)"
        disabled={!hasPhotograph}
        onClick={() => openFigure(true)}
      >
        Figure
      </button>
      <dialog
        ref={dialog}
        className="figure-dialog"
        aria-label="Save a figure"
        onClose={() => openFigure(false)}
      >
        {isOpen && (
          <Suspense fallback={<p>…</p>}>
            <FigureDialog close={() => openFigure(false)} />
          </Suspense>
        )}
      </dialog>
    </>
  );
}
