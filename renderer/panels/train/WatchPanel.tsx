/** Watched photographs: how their cosine map, PCA or Gram matrix changes with the steps. */
import { useEffect, useRef } from "react";
import { colormapTable } from "../../../engine/protocol/colormap.ts";
import { plainVariant } from "../../../engine/protocol/pca-variant.ts";
import { float32Values } from "../../../engine/protocol/tensor.ts";
import { pixelsOf } from "../../scene/canvas2d-painter.ts";
import { pictureOfMap } from "../../scene/map-picture.ts";
import { watchProbes, type WatchAnswer, type WatchProbe } from "../../store/train-state.ts";
import { Choice, Segments, Slider } from "../fields.tsx";
import { useLook } from "../store-context.ts";
import { TermMark, Words } from "../learn/Words.tsx";

const probeLabels: Readonly<Record<WatchProbe, string>> = {
  pca: "PCA",
  cosine: "Cosine",
  gram: "Gram",
};

export function WatchPanel() {
  const run = useLook((state) => state.runs[0]);
  const watch = useLook((state) => state.watch);
  const setWatch = useLook((state) => state.setWatch);
  const answer = useLook((state) => state.watchAnswer);
  const student = run?.record.students.find(({ name }) => name === watch.student);
  if (!run || !student) return null;
  const { snapshots, watched } = student;
  if (watched.length === 0) {
    return (
      <section aria-label="Watched photographs">
        <h2>Watched photographs</h2>
        <p className="note">
          <Words>Name some under Checkpoints and files to see their features change.</Words>
        </p>
      </section>
    );
  }
  const at = answer ? snapshots.indexOf(answer.step) : -1;
  const last = snapshots.length - 1;
  return (
    <section className="watch" data-light="watch" aria-label="Watched photographs">
      <h2>
        Watched <span className="num">{answer ? `step ${answer.step}` : ""}</span>
      </h2>
      {watched.length > 1 && (
        <Choice
          label="Photograph"
          value={String(watch.image)}
          options={watched.map(({ name }, i) => ({ value: String(i), label: name }))}
          onChange={(image) => setWatch({ image: Number(image) })}
        />
      )}
      {run.record.students.length > 1 && (
        <Choice
          label="Student"
          value={watch.student}
          options={run.record.students.map(({ name }) => ({ value: name, label: name }))}
          onChange={(name) => setWatch({ student: name })}
        />
      )}
      <Segments
        label="Map"
        hideLabel
        value={watch.probe}
        options={watchProbes.map((value) => ({ value, label: probeLabels[value] }))}
        onChange={(probe) => setWatch({ probe })}
      />
      {answer && <Map answer={answer} file={fileOf(run.record.recipe, watch.image)} />}
      <Slider
        label="Step"
        value={Math.max(0, at)}
        min={0}
        max={last}
        shown={watch.step === "latest" ? "follows the run" : String(watch.step)}
        onChange={(i) => setWatch({ step: i === last ? "latest" : snapshots[i]! })}
      />
      {watch.probe === "pca" && (
        <div className="named">
          <label
            className="check"
            title="The same direction has the same colour at every step; else each step has its own basis"
          >
            <input
              type="checkbox"
              checked={watch.isBasisHeld}
              onChange={(event) => setWatch({ isBasisHeld: event.target.checked })}
            />
            Basis of step {snapshots[0]} held
          </label>
          <TermMark of="Basis" />
        </div>
      )}
      {watch.probe === "cosine" && (
        <p className="note">
          <Words>Click a patch to ask for it.</Words>
        </p>
      )}
    </section>
  );
}

function fileOf(recipe: Readonly<Record<string, unknown>>, image: number): string | undefined {
  const files = recipe["watch"];
  const file: unknown = Array.isArray(files) ? files[image] : undefined;
  return typeof file === "string" ? file : undefined;
}

function Map({ answer, file }: { answer: WatchAnswer; file: string | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colormap = useLook((state) => state.view.colormap);
  const picture = useLook((state) => state.pictures.get(`512 ${file}`));
  const loadPicture = useLook((state) => state.loadPicture);
  const setWatch = useLook((state) => state.setWatch);
  const { geometry, result, patch: query } = answer;
  const map = result.maps[0]!;
  const isMatrix = map.kind === "matrix";
  const { rows, cols } = geometry.grid;

  useEffect(() => {
    if (file !== undefined) loadPicture(file, 512);
  }, [file, loadPicture]);

  useEffect(() => {
    const element = canvas.current!;
    const side = map.values.shape[0]!;
    const shown = isMatrix
      ? ({
          kind: "scalar",
          values: float32Values(map.values),
          range: map.range,
          rows: side,
          cols: side,
          region: [0, 0, 1, 1],
        } as const)
      : pictureOfMap(map, geometry, plainVariant);
    if (!shown) return;
    [element.width, element.height] = [shown.cols, shown.rows];
    element.getContext("2d")?.putImageData(pixelsOf(shown, colormapTable(colormap)), 0, 0);
  }, [map, geometry, isMatrix, colormap]);

  const isAsked = result.probe === "cosine";
  const ask = (event: React.MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const at = (fraction: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor(fraction * count)));
    setWatch({
      patch: {
        row: at((event.clientY - box.top) / box.height, rows),
        col: at((event.clientX - box.left) / box.width, cols),
      },
    });
  };
  return (
    <div className="watch-maps">
      {!isMatrix && picture !== undefined && picture !== "" && (
        <img src={picture} alt="The photograph" style={{ aspectRatio: `${cols} / ${rows}` }} />
      )}
      <div
        className="watch-map"
        style={{ aspectRatio: isMatrix ? "1" : `${cols} / ${rows}` }}
        onClick={isAsked ? ask : undefined}
      >
        <canvas ref={canvas} role="img" aria-label={`${result.probe} at step ${answer.step}`} />
        {isAsked && (
          <i
            className="watch-query"
            style={{
              left: `${(100 * (query.col + 0.5)) / cols}%`,
              top: `${(100 * (query.row + 0.5)) / rows}%`,
            }}
          />
        )}
      </div>
    </div>
  );
}
