/** A figure of what is shown: kind of file, size, what is in it, and how it will look. */
import { useEffect, useMemo, useRef, useState } from "react";
import { figureParts, grounds } from "../../../engine/protocol/figure.ts";
import { toWireError } from "../../../engine/protocol/errors.ts";
import { saveFile } from "../../connection/desktop.ts";
import { photographOf } from "../../store/selectors.ts";
import { Segments } from "../fields.tsx";
import { LiveWholeInput } from "../measure/WholeInput.tsx";
import { DialogHeader } from "../ModalDialog.tsx";
import { useLook, useLookStore } from "../store-context.ts";
import { ClipRange, stepsBetween } from "./ClipRange.tsx";
import { canEncode, noEncoder } from "./encode-mp4.ts";
import { figureFile, type Work } from "./figure-file.ts";
import {
  chartParts,
  figureName,
  firstForm,
  numbers,
  partLabels,
  toggledPart,
  type FigureForm,
  type SavedKind,
} from "./figure-form.ts";
import { FigurePreview } from "./FigurePreview.tsx";
import { takenPanes } from "./taken-panes.ts";

/** What was chosen last, until the page is closed. */
let lastForm = firstForm;

export function FigureDialog({ close }: { close: () => void }) {
  const store = useLookStore();
  const checkpoints = useLook((state) => state.timeline?.checkpoints);
  // As it was when the dialog opened: nothing moves under it.
  const [all] = useState(() => takenPanes(store));
  const [left, setLeft] = useState<readonly string[]>([]);
  const panes = useMemo(() => all.filter(({ name }) => !left.includes(name)), [all, left]);
  const charts = useLook((state) => state.figureCharts);
  const hasClip = !charts && checkpoints !== undefined && checkpoints.length > 1;
  const [form, setForm] = useState<FigureForm>(() =>
    isClip(lastForm.kind) && !hasClip ? { ...lastForm, kind: "png" } : lastForm,
  );
  const [range, setRange] = useState<readonly [number, number]>();
  const [problem, setProblem] = useState<{ message: string; hint?: string | undefined }>();
  const [work, setWork] = useState<Work>();
  const [hasMp4, setMp4] = useState<boolean>();
  useEffect(() => {
    if (hasClip) void canEncode().then(setMp4);
  }, [hasClip]);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const change = (edit: Partial<FigureForm>) => {
    lastForm = { ...form, ...edit };
    setForm(lastForm);
  };
  const name = () => {
    const state = store.getState();
    if (charts) return figureName(charts.subject, charts.panes[0]?.title ?? "chart", form.kind);
    const subject = photographOf(state, "main")?.name ?? "";
    return figureName(subject, state.view.probe, form.kind);
  };
  const save = async () => {
    setProblem(undefined);
    setWork({ label: "Beginning", fraction: 0 });
    const going = new AbortController();
    abort.current = going;
    try {
      const steps = stepsBetween(checkpoints ?? [], range);
      const file = await figureFile(store, { form, panes, steps }, going.signal, setWork);
      await saveFile(name(), file);
      close();
    } catch (error) {
      const { code, message, hint } = toWireError(error);
      if (code !== "cancelled") setProblem({ message, hint });
    } finally {
      setWork(undefined);
    }
  };

  const clips: SavedKind[] = hasClip ? ["webp", ...(hasMp4 ? (["mp4"] as const) : [])] : [];
  const kinds: SavedKind[] = ["png", "svg", "pdf", ...clips];
  return (
    <>
      <DialogHeader title="Save a figure" close={close} />
      <div className="figure-body">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Segments
            label="File"
            value={form.kind}
            options={kinds.map((value) => ({
              value,
              label: kindLabels[value],
              title: kindTitles[value],
            }))}
            onChange={(kind) => change({ kind })}
          />
          <Segments
            label="Width"
            hideLabel
            value={String(form.widthMm)}
            options={[
              { value: "85", label: "Column, 85 mm" },
              { value: "180", label: "Page, 180 mm" },
            ]}
            onChange={(width) => change({ widthMm: Number(width) })}
          />
          <LiveWholeInput
            number={numbers.widthMm}
            value={form.widthMm}
            title="Millimetres"
            onChange={(widthMm) => change({ widthMm })}
          />
          <LiveWholeInput
            number={numbers.dpi}
            value={form.dpi}
            title="Pixels an inch; of SVG and PDF that of their pictures"
            onChange={(dpi) => change({ dpi })}
          />
          <Segments
            label="Ground"
            value={form.ground}
            options={grounds.map((value) => ({ value, label: value }))}
            onChange={(ground) => change({ ground })}
          />
          <fieldset className="parts">
            <legend>With</legend>
            {(charts ? chartParts : figureParts).map((part) => (
              <label key={part}>
                <input
                  type="checkbox"
                  checked={form.parts.includes(part)}
                  onChange={() => change({ parts: toggledPart(form.parts, part) })}
                />{" "}
                {charts && part === "keys" ? "Legend" : partLabels[part]}
              </label>
            ))}
          </fieldset>
          {all.length > 1 && (
            <fieldset className="parts">
              <legend>Panes</legend>
              {all.map(({ name, pane }) => (
                <label key={name} title={pane.title}>
                  <input
                    type="checkbox"
                    checked={!left.includes(name)}
                    disabled={panes.length === 1 && !left.includes(name)}
                    onChange={() => setLeft(toggled(left, name))}
                  />{" "}
                  <span>{pane.title}</span>
                </label>
              ))}
            </fieldset>
          )}
          <label className="words">
            Title
            <input
              value={form.title}
              maxLength={512}
              onChange={({ target }) => change({ title: target.value })}
            />
          </label>
          <label className="words">
            Caption
            <textarea
              rows={3}
              maxLength={8192}
              placeholder="The settings, in words"
              value={form.caption}
              onChange={({ target }) => change({ caption: target.value })}
            />
          </label>
          {isClip(form.kind) && hasMp4 === false && <p className="faint">{noEncoder}</p>}
          {isClip(form.kind) && checkpoints && (
            <ClipRange
              checkpoints={checkpoints}
              range={range}
              setRange={setRange}
              frameMs={form.frameMs}
              setFrameMs={(frameMs) => change({ frameMs })}
            />
          )}
          {problem && (
            <p className="figure-problem" role="alert">
              <b>Error</b> {problem.message}
              {problem.hint !== undefined && <span className="faint"> {problem.hint}</span>}
            </p>
          )}
          <div className="dialog-foot">
            {work ? (
              <>
                <progress value={work.fraction} aria-label={work.label} />
                <span className="faint">{work.label}</span>
                <button type="button" onClick={() => abort.current?.abort()}>
                  Cancel
                </button>
              </>
            ) : (
              <button className="primary" type="submit" disabled={panes.length === 0}>
                Save {kindLabels[form.kind]}
              </button>
            )}
          </div>
        </form>
        <FigurePreview panes={panes} form={form} />
      </div>
    </>
  );
}

const toggled = (names: readonly string[], name: string) =>
  names.includes(name) ? names.filter((one) => one !== name) : [...names, name];

const isClip = (kind: SavedKind) => kind === "webp" || kind === "mp4";

const kindLabels: Readonly<Record<SavedKind, string>> = {
  png: "PNG",
  svg: "SVG",
  pdf: "PDF",
  webp: "WebP",
  mp4: "MP4",
};

const kindTitles: Readonly<Record<SavedKind, string>> = {
  png: "Pixels, with the recipe as text",
  svg: "Shapes and text, for editing",
  pdf: "Shapes and text, for papers",
  webp: "The steps of the run, one after the other, as an animated WebP",
  mp4: "The steps of the run as a video, encoded by this browser",
};
