/** The options of the probe that is chosen; each change asks again, nothing needs a button. */
import { pcaPresets } from "../../engine/protocol/probes.ts";
import { gridOf } from "../store/selectors.ts";
import type { AttentionToken } from "../store/view-state.ts";
import { Choice, NumberField, Segments } from "./fields.tsx";
import { useLook, useLookStore } from "./store-context.ts";

export function ProbeOptions() {
  const probe = useLook((state) => state.view.probe);
  switch (probe) {
    case "cosine":
      return <CompareWith />;
    case "pca":
      return <PcaOptions />;
    case "gram":
      return <GramOptions />;
    case "kmeans":
      return <KmeansOptions />;
    case "attention":
      return <AttentionOptions />;
    case "norm":
    case "cls":
    case "foreground":
      return <MapChoice />;
  }
}

/** Where a probe answers with several maps, which of them to show. */
function MapChoice() {
  const maps = useLook((state) =>
    state.answer?.call.probe === state.view.probe ? state.answer.result.maps : undefined,
  );
  const shown = useLook((state) => state.shownMap);
  const showMap = useLook((state) => state.showMap);
  if (!maps || maps.length < 2) return null;
  return (
    <Choice
      label="Map"
      value={String(shown)}
      options={maps.map(({ name }, index) => ({ value: String(index), label: name }))}
      onChange={(index) => showMap(Number(index))}
    />
  );
}

function CompareWith() {
  const photographs = useLook((state) => state.photographs);
  const active = useLook((state) => state.active);
  const second = useLook((state) => state.second);
  const chooseSecond = useLook((state) => state.chooseSecond);
  return (
    <Choice
      label="Second photograph"
      title="Shows the map of the same patch over another photograph (Shift+click a thumbnail)"
      value={second ?? ""}
      options={[
        { value: "", label: "none" },
        ...photographs
          .filter(({ key }) => key !== active)
          .map(({ key, name }) => ({ value: key, label: name })),
      ]}
      onChange={(key) => void chooseSecond(key === "" ? undefined : key)}
    />
  );
}

const presetWords = {
  raw: "raw: PC 1 to 3, min to max",
  whitened: "whitened: the DINOv3 notebook's",
  foreground: "foreground only, whitened",
};

function PcaOptions() {
  const view = useLook((state) => state.view);
  const { setView, nextSigns, nextOrder } = useLookStore().getState();
  return (
    <>
      <Choice
        label="Preset"
        value={view.preset}
        options={pcaPresets.map((value) => ({ value, label: presetWords[value] }))}
        onChange={(preset) => setView({ preset })}
      />
      <div className="field buttons">
        <span className="label">Look</span>
        <output className="num">{view.order * 8 + view.signs + 1} of 48</output>
        <button title="Next of 8 sign combinations (S)" onClick={nextSigns}>
          Signs <kbd>S</kbd>
        </button>
        <button title="Next of 6 colour orders (O)" onClick={nextOrder}>
          Order <kbd>O</kbd>
        </button>
      </div>
      <MapChoice />
    </>
  );
}

function GramOptions() {
  const order = useLook((state) => state.view.gramOrder);
  const setView = useLook((state) => state.setView);
  return (
    <Segments
      label="Order of rows"
      value={order}
      options={[
        { value: "cluster", label: "By cluster" },
        { value: "raster", label: "Raster" },
      ]}
      onChange={(gramOrder) => setView({ gramOrder })}
    />
  );
}

function KmeansOptions() {
  const { k, seed } = useLook((state) => state.view);
  const setView = useLook((state) => state.setView);
  return (
    <>
      <NumberField label="Groups, k" value={k} min={2} max={64} onChange={(k) => setView({ k })} />
      <NumberField
        label="Seed"
        title="Another seed starts from other patches"
        value={seed}
        min={0}
        max={999_999_999}
        onChange={(seed) => setView({ seed })}
      />
      <MapChoice />
    </>
  );
}

function AttentionOptions() {
  const store = useLookStore();
  const { attends: token, head } = useLook((state) => state.view);
  const model = useLook((state) => state.model);
  const setView = useLook((state) => state.setView);
  const chooseToken = (token: AttentionToken) => {
    const state = store.getState();
    const grid = gridOf(state);
    const middle = grid && { row: grid.rows >> 1, col: grid.cols >> 1 };
    setView({
      attends: token,
      ...(token === "patch" ? { patch: state.view.patch ?? middle } : {}),
    });
  };
  const registers = Array.from({ length: model?.registers ?? 0 }, (_, index) => ({
    value: `register${index}` as const,
    label: `register ${index}`,
  }));
  const heads = Array.from({ length: model?.heads ?? 0 }, (_, index) => ({
    value: String(index),
    label: `head ${index}`,
  }));
  return (
    <>
      <Choice<AttentionToken>
        label="Token"
        title="Whose attention is shown; for a patch, click one"
        value={token}
        options={[
          { value: "cls", label: "CLS" },
          ...registers,
          { value: "patch", label: "pinned patch" },
        ]}
        onChange={chooseToken}
      />
      <Choice
        label="Head"
        value={String(head)}
        options={[{ value: "mean", label: "mean over heads" }, ...heads]}
        onChange={(text) => setView({ head: text === "mean" ? "mean" : Number(text) })}
      />
      <MapChoice />
    </>
  );
}
