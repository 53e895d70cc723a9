/** How the figure will look: the SVG itself, drawn again when something is chosen. */
import { useEffect, useState } from "react";
import { toWireError } from "../../../engine/protocol/errors.ts";
import { formatCount } from "../numbers.ts";
import { useLookStore } from "../store-context.ts";
import { lookOfForm, type FigureForm } from "./figure-form.ts";
import { finishedPanes, type TakenPane } from "./taken-panes.ts";

/** More than a screen shows of it would only take longer. */
const previewDpi = 150;
/** After a key or a click another one may follow. */
const settleMs = 150;

type Shown =
  | { readonly kind: "picture"; readonly url: string; readonly aspect: number }
  | { readonly kind: "problem"; readonly message: string };

export function FigurePreview(props: { panes: readonly TakenPane[]; form: FigureForm }) {
  const { panes, form } = props;
  const store = useLookStore();
  const [shown, setShown] = useState<Shown>();
  const { widthMm, dpi } = form;
  const asked = JSON.stringify(lookOfForm(form, Math.min(dpi, previewDpi)));

  useEffect(() => {
    if (panes.length === 0) return;
    const abort = new AbortController();
    const { signal } = abort;
    const draw = async () => {
      try {
        const look = JSON.parse(asked) as ReturnType<typeof lookOfForm>;
        const finished = await finishedPanes(store, panes, look, signal);
        const figure = { panes: finished, look, format: "svg" as const };
        const { file, width, height } = await store.getState().drawFigure(figure, { signal });
        if (signal.aborted) return;
        const blob = new Blob([file.data.slice()], { type: "image/svg+xml" });
        setShown({ kind: "picture", url: URL.createObjectURL(blob), aspect: height / width });
      } catch (error) {
        const { code, message } = toWireError(error);
        if (code !== "cancelled") setShown({ kind: "problem", message });
      }
    };
    const timer = setTimeout(() => void draw(), settleMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [store, panes, asked]);
  const url = shown?.kind === "picture" ? shown.url : undefined;
  useEffect(() => () => (url === undefined ? undefined : URL.revokeObjectURL(url)), [url]);

  const across = Math.round((widthMm * dpi) / 25.4);
  return (
    <figure className="figure-preview">
      <div>
        {shown?.kind === "picture" && <img src={shown.url} alt="The figure as it will be saved" />}
        {shown?.kind === "problem" && <p role="alert">{shown.message}</p>}
        {panes.length === 0 && <p>There is no photograph to show yet.</p>}
      </div>
      {shown?.kind === "picture" && (
        <figcaption className="num" aria-live="polite">
          {formatCount(across)} × {formatCount(Math.round(across * shown.aspect))} px · {widthMm} ×{" "}
          {Math.round(widthMm * shown.aspect)} mm
        </figcaption>
      )}
    </figure>
  );
}
