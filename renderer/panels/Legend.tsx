/** What the colours of a map mean: a colour bar with its range, groups, or the components of a PCA. */
import { colormapTable, labelColour } from "../../engine/protocol/colormap.ts";
import { componentOrders } from "../../engine/protocol/pca-variant.ts";
import type { ProbeMap } from "../../engine/protocol/probes.ts";
import { isHovered } from "../store/selectors.ts";
import type { Pane } from "../store/view-slice.ts";
import type { View } from "../store/view-state.ts";
import { formatEnd } from "./numbers.ts";
import { cosineRange } from "./pane-picture.ts";
import { useLook } from "./store-context.ts";

export function Legend({ pane }: { pane: Pane }) {
  const view = useLook((state) => state.view);
  const hovered = useLook(isHovered);
  const cosine = useLook((state) => state.cosine);
  const map = useLook((state) => state.answer?.result.maps[state.shownMap]);
  if (hovered) {
    if (!cosine?.[pane]) return null;
    return <ColourBar view={view} range={cosineRange(cosine, view.range)} unit="cosine" />;
  }
  if (!map || pane === "second") return null;
  switch (map.kind) {
    case "scalar":
    case "matrix":
      return <ColourBar view={view} range={map.range} unit={map.unit} />;
    case "rgb":
      return <Components view={view} />;
    case "labels":
      return <Groups map={map} />;
    case "mask":
      return <div className="legend">foreground clear · background dark</div>;
  }
}

export function ColourBar(props: { view: View; range: readonly [number, number]; unit: string }) {
  const { view, range, unit } = props;
  const table = colormapTable(view.colormap);
  const stops = Array.from({ length: 16 }, (_, i) => {
    const at = 3 * Math.round((i / 15) * 255);
    return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
  });
  return (
    <div className="legend" title={`${view.colormap}, ${unit}`}>
      <div className="bar" style={{ background: `linear-gradient(90deg, ${stops.join(",")})` }} />
      <div className="ends num">
        <span>{formatEnd(range[0])}</span>
        <span>{unit}</span>
        <span>{formatEnd(range[1])}</span>
      </div>
    </div>
  );
}

function Components({ view: { signs, order } }: { view: View }) {
  const sources = componentOrders[order] ?? componentOrders[0];
  return (
    <div className="legend components num" title="Which component is red, green and blue">
      {(["red", "green", "blue"] as const).map((name, channel) => {
        const component = sources[channel] ?? 0;
        const sign = (signs >> component) & 1 ? "−" : "+";
        return (
          <span key={name}>
            <i className={`swatch ${name}`} /> {name} {sign}PC {component + 1}
          </span>
        );
      })}
    </div>
  );
}

function Groups({ map }: { map: ProbeMap }) {
  const count = Math.max(1, Math.round(map.range[1]) + 1);
  const shown = Math.min(count, 10);
  return (
    <div className="legend components num">
      {Array.from({ length: shown }, (_, label) => (
        <span key={label}>
          <i className="swatch" style={{ background: `rgb(${labelColour(label).join(" ")})` }} />{" "}
          {label}
        </span>
      ))}
      {count > shown && <span>… {count - 1}, colours repeat after 10</span>}
    </div>
  );
}
