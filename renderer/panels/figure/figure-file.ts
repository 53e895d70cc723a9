/** The file that the dialog saves: a figure of the panes as they are, or a clip over the steps of the run. */
import type { FigureLookInput } from "../../../engine/protocol/figure.ts";
import type { LookStore } from "../../store/look.ts";
import { clipFrames, type ClipFrame } from "./clip-frames.ts";
import { encodeMp4 } from "./encode-mp4.ts";
import { lookOfForm, type FigureForm } from "./figure-form.ts";
import { finishedPanes, type TakenPane } from "./taken-panes.ts";

export interface Work {
  readonly label: string;
  /** 0..1 */
  readonly fraction: number;
}

export interface FileWish {
  readonly form: FigureForm;
  readonly panes: readonly TakenPane[];
  /** Of a clip. */
  readonly steps: readonly number[];
}

/** @throws EngineError of the engine or the encoder, "cancelled" */
export async function figureFile(
  store: LookStore,
  { form, panes, steps }: FileWish,
  signal: AbortSignal,
  onWork: (work: Work) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { drawFigure, drawClip } = store.getState();
  const { kind, frameMs } = form;
  const look = lookOfForm(form);
  if (kind !== "webp" && kind !== "mp4") {
    onWork({ label: "Drawing", fraction: 0.5 });
    const finished = await finishedPanes(store, panes, look, signal);
    return (
      await drawFigure({ panes: finished, look, format: kind }, { signal })
    ).file.data.slice();
  }
  const names = new Set(panes.map(({ name }) => name));
  const isWanted = ({ name }: TakenPane) => names.has(name);
  // Looking at the steps is the first half of the work.
  const frames = await clipFrames(store, steps, { look, isWanted }, signal, (count) =>
    onWork({ label: `Step ${count} of ${steps.length}`, fraction: count / steps.length / 2 }),
  );
  const told = frames.map(({ title, panes: of }) => ({
    title: [form.title, title].filter(Boolean).join(": "),
    panes: of,
  }));
  const drawing = kind === "mp4" ? 0.3 : 0.5;
  const onProgress = ({ label, fraction }: Work) =>
    onWork({ label, fraction: 0.5 + drawing * fraction });
  const packing = kind === "mp4" ? ("lossless" as const) : kind;
  const clip = { frames: told, look, frameMs, packing };
  const webp = (await drawClip(clip, { signal, onProgress })).file.data.slice();
  if (kind === "webp") return webp;
  const words = { title: form.title || told[0]!.title, recipe: recipeOf(told, look, frameMs) };
  const ground = look.ground === "dark" ? "#101214" : "#ffffff";
  return encodeMp4(webp, { frameMs, words, ground }, signal, (count, of) =>
    onWork({ label: `Encoding frame ${count} of ${of}`, fraction: 0.8 + (0.2 * count) / of }),
  );
}

/** As the engine writes it into a WebP. */
const recipeOf = (frames: readonly ClipFrame[], { caption }: FigureLookInput, frameMs: number) =>
  JSON.stringify({
    program: "Gramscope",
    frameMs,
    ...(caption ? { caption } : {}),
    frames: frames.map(({ title, panes }) => ({
      title,
      panes: panes.map(({ title: of, recipe }) => ({ title: of, recipe })),
    })),
  });
