/** The options of the probe that is chosen; each change asks again, nothing needs a button. */
import { aloneIn, mixedOrders } from "../../engine/protocol/pca-variant.ts";
import { pcaPresets } from "../../engine/protocol/probes.ts";
import { answerOf, gridOf } from "../store/selectors.ts";
import type { Basis, TokenName } from "../store/view-state.ts";
import { Choice, NumberField, Segments } from "./fields.tsx";
import { formatCount } from "./numbers.ts";
import { withKeys } from "./actions/registry.ts";
import { useLook, useLookStore } from "./store-context.ts";

export function ProbeOptions() {
  const probe = useLook((state) => state.view.probe);
  switch (probe) {
    case "cosine":
      return <CosineOptions />;
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
  const maps = useLook((state) => answerOf(state, "main")?.result.maps);
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

function CosineOptions() {
  const { asks, matches, exclude } = useLook((state) => state.view);
  const setView = useLook((state) => state.setView);
  const registers = useRegisters();
  return (
    <>
      <Choice<TokenName>
        label="Query"
        title="Which token every patch is compared with. Shift+drag on the photograph, or a finger that rests and then drags, asks about a box of patches; Ctrl+click adds one"
        value={asks}
        options={[
          { value: "patch", label: "patch under the pointer, or held" },
          { value: "cls", label: "CLS token" },
          ...registers,
        ]}
        onChange={(asks) => setView({ asks })}
      />
      <div className="pair">
        <NumberField
          label="Matches"
          title="How many best matches are marked once the pointer rests"
          value={matches}
          min={0}
          max={20}
          onChange={(matches) => setView({ matches })}
        />
        <NumberField
          label="Apart"
          title="Matches nearer than this to the query are passed over, in patches"
          value={exclude}
          min={0}
          max={64}
          onChange={(exclude) => setView({ exclude })}
        />
      </div>
    </>
  );
}

function useRegisters(): { value: TokenName; label: string }[] {
  const count = useLook((state) => state.model?.registers ?? 0);
  return Array.from({ length: count }, (_, index) => ({
    value: `register${index}` as const,
    label: `register ${index}`,
  }));
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
      <BasisChoice />
      <ComponentsChoice />
      <div className="field buttons">
        <span className="label">Look</span>
        {aloneIn(view.order) === undefined && (
          <output className="num">{view.order * 8 + view.signs + 1} of 48</output>
        )}
        <button title={withKeys("Next of 8 sign combinations", "signs")} onClick={nextSigns}>
          Signs <kbd>S</kbd>
        </button>
        <button
          title={withKeys("Next of 6 colour orders, then each component alone", "order")}
          onClick={nextOrder}
        >
          Order <kbd>O</kbd>
        </button>
      </div>
      <MapChoice />
    </>
  );
}

/** One component alone is read by its lightness, which all eyes tell apart. */
function ComponentsChoice() {
  const order = useLook(({ view }) => view.order);
  const setView = useLook((state) => state.setView);
  const alone = aloneIn(order);
  return (
    <Choice
      label="Components"
      value={alone === undefined ? "0" : String(order)}
      options={[
        { value: "0", label: "three, in red, green and blue" },
        ...[0, 1, 2].map((component) => ({
          value: String(mixedOrders.length + component),
          label: `component ${component + 1} alone, in grey`,
        })),
      ]}
      onChange={(next) => setView({ order: Number(next) })}
    />
  );
}

/** One basis for several photographs makes their colours mean the same. */
function BasisChoice() {
  const photographs = useLook((state) => state.photographs);
  const active = useLook((state) => state.active);
  const basis = useLook((state) => state.view.basis);
  const setView = useLook((state) => state.setView);
  const hold = useLook((state) => state.timeline?.hold);
  const open = photographs.filter(({ info }) => info).length;
  return (
    <Choice<Basis>
      label="Basis"
      title="What the components are fitted on; with one basis, colours of two photographs mean the same"
      value={basis}
      options={[
        ...(hold === undefined
          ? []
          : [{ value: "run" as const, label: `held over the run: step ${formatCount(hold)}` }]),
        { value: "own", label: "this photograph's own" },
        { value: "joint", label: `all ${open} open photographs together` },
        ...photographs.map(({ key, name }) => ({
          value: `of ${key}` as const,
          label: key === active ? `fixed: this one, ${name}` : `fixed: ${name}`,
        })),
      ]}
      onChange={(basis) => setView({ basis })}
    />
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
      <NumberField
        label="Groups, k"
        means="cluster"
        value={k}
        min={2}
        max={64}
        onChange={(k) => setView({ k })}
      />
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
  const chooseToken = (token: TokenName) => {
    const state = store.getState();
    const grid = gridOf(state);
    const middle = grid && { row: grid.rows >> 1, col: grid.cols >> 1 };
    setView({
      attends: token,
      ...(token === "patch" && state.view.patch.length === 0 && middle ? { patch: [middle] } : {}),
    });
  };
  const registers = useRegisters();
  const heads = Array.from({ length: model?.heads ?? 0 }, (_, index) => ({
    value: String(index),
    label: `head ${index}`,
  }));
  return (
    <>
      <Choice<TokenName>
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
        means="attention head"
        value={String(head)}
        options={[{ value: "mean", label: "mean over heads" }, ...heads]}
        onChange={(text) => setView({ head: text === "mean" ? "mean" : Number(text) })}
      />
      <MapChoice />
    </>
  );
}
