/** Which probe, over which tokens, drawn how. */
import { colormapNames } from "../../engine/protocol/colormap.ts";
import { probeNames } from "../../engine/protocol/probes.ts";
import { formatInputSize, parseInputSize } from "../../engine/protocol/view.ts";
import { shownRange } from "../store/colour-scale.ts";
import { geometryOf, isHovered } from "../store/selectors.ts";
import { probeLabels } from "../store/probe-slice.ts";
import { Choice, Segments, Slider } from "./fields.tsx";
import { plainText } from "./learn/prose.ts";
import { Prose } from "./learn/Term.tsx";
import { formatCount } from "./numbers.ts";
import { withKeys } from "./actions/registry.ts";
import { ProbeOptions } from "./ProbeOptions.tsx";
import { useLook, useLookStore } from "./store-context.ts";

/** Words of the glossary in brackets. */
const asks = {
  cosine: "How like each [patch|patch token] is to the [one under the cursor|query patch]",
  pca: "The three [directions|PCA] in which patches differ most, as colours",
  gram: "[Every patch against every patch|Gram matrix]",
  norm: "[How long|norm] each [token] is; [artefacts|norm outlier] stand out",
  cls: "How like each patch is to the [CLS token]",
  kmeans: "Patches in [k groups|k-means]",
  attention: "[Where a token looks|attention] in this [block]",
  foreground: "[Object|foreground] or background",
};

export function ProbePanel() {
  const view = useLook((state) => state.view);
  const setView = useLook((state) => state.setView);
  return (
    <section aria-label="Probe">
      <Segments
        label="Probe"
        hideLabel
        columns={4}
        value={view.probe}
        options={probeNames.map((value, index) => ({
          value,
          label: probeLabels[value],
          title: `${plainText(asks[value])} (${index + 1})`,
        }))}
        onChange={(probe) => setView({ probe })}
      />
      <p className="asks">
        <Prose text={`${asks[view.probe]}.`} />
      </p>
      <ProbeOptions />
      <Tokens />
      <Drawing />
    </section>
  );
}

const sizes = ["model", "native", "224", "336", "448", "512", "768", "1024", "1536", "2048"];

function Tokens() {
  const view = useLook((state) => state.view);
  const setView = useLook((state) => state.setView);
  const depth = useLook((state) => state.model?.depth ?? 1);
  const geometry = useLook((state) => geometryOf(state, "main"));
  const layer = view.layer === "last" ? depth : Math.min(depth, view.layer + 1);
  const size = formatInputSize(view.size);
  const words: Record<string, string> = { model: "as the model says", native: "native pixels" };
  const patches = geometry
    ? `${formatCount(geometry.grid.rows * geometry.grid.cols)} patches`
    : undefined;
  return (
    <>
      <Slider
        label="Layer"
        means="block"
        title={withKeys("Block whose tokens are shown", "layer-down", "layer-up")}
        value={layer}
        min={1}
        max={depth}
        shown={`${layer} of ${depth}`}
        onChange={(block) => setView({ layer: block === depth ? "last" : block - 1 })}
      />
      {view.probe !== "attention" && (
        <Segments
          label="Final norm"
          hideLabel
          title={withKeys("Whether the model's final norm is applied to these tokens", "norm")}
          value={view.norm ? "after" : "before"}
          options={[
            { value: "after", label: "After final norm" },
            { value: "before", label: "Before" },
          ]}
          onChange={(norm) => setView({ norm: norm === "after" })}
        />
      )}
      <Choice
        label="Resolution"
        title="How the photograph is resized before the model sees it"
        value={size}
        note={patches}
        options={(sizes.includes(size) ? sizes : [size, ...sizes]).map((value) => ({
          value,
          label: words[value] ?? (value.includes("x") ? value : `short side ${value} px`),
        }))}
        onChange={(text) => setView({ size: parseInputSize(text) })}
      />
    </>
  );
}

function Drawing() {
  const view = useLook((state) => state.view);
  const setView = useLook((state) => state.setView);
  const isCosine = useLook(isHovered);
  const hasScale = useLook((state) => shownRange(state) !== undefined);
  const store = useLookStore();
  const choose = (range: "fit" | "full" | "held") =>
    setView({ range: range === "held" ? (shownRange(store.getState()) ?? "fit") : range });
  const percent = Math.round(view.opacity * 100);
  return (
    <>
      <Slider
        label="Overlay"
        title={withKeys("How much of the map covers the photograph", "fainter", "stronger")}
        value={percent}
        min={0}
        max={100}
        shown={`${percent} %`}
        onChange={(value) => setView({ opacity: value / 100 })}
      />
      {hasScale && (
        <Choice
          label="Colour map"
          title={withKeys("Next colour map", "colours")}
          value={view.colormap}
          options={colormapNames.map((value) => ({ value, label: value }))}
          onChange={(colormap) => setView({ colormap })}
        />
      )}
      {hasScale && (
        <Segments
          label="Colour range"
          title="Ends of the colour scale (R): this map's own, −1 to 1, or as you drag them on the legend"
          value={typeof view.range === "string" ? view.range : "held"}
          options={[
            { value: "fit", label: "This map" },
            ...(isCosine ? [{ value: "full" as const, label: "−1 to 1" }] : []),
            { value: "held", label: "By hand", title: "Hold the ends where they are" },
          ]}
          onChange={choose}
        />
      )}
    </>
  );
}
