/** What the colours of a map mean: a colour bar with its range, groups, or the components of a PCA. */
import { useMemo, type ReactNode } from "react";
import {
  colormapTable,
  signedColormap,
  type ColormapName,
} from "../../engine/protocol/colormap.ts";
import { keyLabels, labelColour, labelsLeftOut } from "../../engine/protocol/distinct-colours.ts";
import { aloneIn, componentOrders } from "../../engine/protocol/pca-variant.ts";
import type { ProbeMap } from "../../engine/protocol/probes.ts";
import { fittedRange, shownRange, type Ends } from "../store/colour-scale.ts";
import { againstIn, seenIn } from "../store/seen.ts";
import { isHovered, shownMapOf } from "../store/selectors.ts";
import type { Pane } from "../store/view-state.ts";
import { formatEnd } from "./numbers.ts";
import { createPicture, pairUnit, variantIn } from "./pane-picture.ts";
import { RangeEnds, useDomain } from "./RangeEnds.tsx";
import { useLook } from "./store-context.ts";
import { Mention, Words } from "./learn/Words.tsx";

export function Legend({ pane }: { pane: Pane }) {
  const view = useLook((state) => seenIn(state, pane).view);
  const hasCosine = useLook(
    (state) => isHovered(seenIn(state, pane)) && state.cosine?.over[pane] !== undefined,
  );
  const map = useLook((state) => shownMapOf(state, pane));
  const difference = useLook((state) =>
    againstIn(state, pane)?.how === "difference" ? pairUnit(state, pane) : undefined,
  );
  if (difference !== undefined) return <DifferenceScale pane={pane} unit={difference} />;
  if (hasCosine) return <Scale pane={pane} unit="cosine" />;
  if (!map) return null;
  switch (map.kind) {
    case "scalar":
      return <Scale pane={pane} unit={map.unit} />;
    case "matrix":
      return <ColourBar colormap={view.colormap} range={map.range} unit={map.unit} />;
    case "rgb":
      return <Components pane={pane} />;
    case "labels":
      return <Groups map={map} />;
    case "mask":
      return (
        <div className="legend">
          <Words>foreground clear · background dark</Words>
        </div>
      );
  }
}

/** Its own scale: around nothing, as far as the difference goes. */
function DifferenceScale({ pane, unit }: { pane: Pane; unit: string }) {
  const picture = useMemo(() => createPicture(pane), [pane]);
  const ends = useLook((state) => {
    const drawn = picture(state);
    return drawn?.kind === "scalar" ? drawn.range.join() : "";
  });
  const colormap = useLook((state) => seenIn(state, pane).view.colormap);
  const [low = 0, high = 1] = ends === "" ? [] : ends.split(",").map(Number);
  return (
    <ColourBar
      colormap={low < 0 ? signedColormap(colormap) : colormap}
      range={[low, high]}
      unit={unit}
    />
  );
}

/** The scale of the maps on the stage, whose ends can be moved. */
function Scale({ pane, unit }: { pane: Pane; unit: string }) {
  const colormap = useLook((state) => seenIn(state, pane).view.colormap);
  const low = useLook((state) => shownRange(state, pane)?.[0] ?? 0);
  const high = useLook((state) => shownRange(state, pane)?.[1] ?? 1);
  const fittedLow = useLook((state) => fittedRange(state, pane)?.[0] ?? 0);
  const fittedHigh = useLook((state) => fittedRange(state, pane)?.[1] ?? 1);
  const { domain, hold } = useDomain([low, high], [fittedLow, fittedHigh]);
  return (
    <div {...hold}>
      <ColourBar colormap={colormap} range={[low, high]} domain={domain} unit={unit}>
        <RangeEnds pane={pane} range={[low, high]} domain={domain} unit={unit} />
      </ColourBar>
    </div>
  );
}

export function ColourBar(props: {
  colormap: ColormapName;
  range: Ends;
  /** What the bar stands for; the range alone when left out. */
  domain?: Ends;
  unit: string;
  children?: ReactNode;
}) {
  const { colormap, range, domain = range, unit, children } = props;
  return (
    <div className="legend" title={`${colormap}, ${unit}`}>
      <div
        className="bar"
        data-light="bar"
        style={{ background: gradientOf(colormap, range, domain) }}
      >
        {children}
      </div>
      <div className="ends num">
        <span>{formatEnd(range[0])}</span>
        <span>
          <Words>{unit}</Words>
        </span>
        <span>{formatEnd(range[1])}</span>
      </div>
    </div>
  );
}

function gradientOf(colormap: ColormapName, range: Ends, domain: Ends): string {
  const table = colormapTable(colormap);
  const place = (value: number) => (100 * (value - domain[0])) / (domain[1] - domain[0] || 1);
  const [from, to] = [place(range[0]), place(range[1])];
  const stops = Array.from({ length: 16 }, (_, i) => {
    const at = 3 * Math.round((i / 15) * 255);
    const colour = `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
    return `${colour} ${(from + ((to - from) * i) / 15).toFixed(2)}%`;
  });
  return `linear-gradient(90deg, ${stops.join(",")})`;
}

export function Components({ pane }: { pane: Pane }) {
  const signs = useLook((state) => variantIn(state, pane).signs);
  const order = useLook((state) => variantIn(state, pane).order);
  const alone = aloneIn(order);
  if (alone !== undefined) {
    const name = `${(signs >> alone) & 1 ? "−" : "+"}PC ${alone + 1}`;
    return (
      <div className="legend components num" title="One component, from black to white">
        <span>
          <i className="swatch black" /> {name} low
        </span>
        <span>
          <i className="swatch white" /> high
        </span>
      </div>
    );
  }
  const sources = componentOrders[order] ?? componentOrders[0];
  return (
    <div className="legend components num" title="Which component is red, green and blue">
      {(["red", "green", "blue"] as const).map((name, channel) => {
        const component = sources[channel] ?? 0;
        const sign = (signs >> component) & 1 ? "−" : "+";
        return (
          <span key={name}>
            <i className={`swatch ${name}`} /> {name} {sign}
            <Mention name="principal component">PC {component + 1}</Mention>
          </span>
        );
      })}
    </div>
  );
}

export function Groups({ map }: { map: ProbeMap }) {
  const count = Math.max(1, Math.round(map.range[1]) + 1);
  const shown = Math.min(count, keyLabels);
  const more = labelsLeftOut(count);
  return (
    <div className="legend components num">
      {Array.from({ length: shown }, (_, label) => (
        <span key={label}>
          <i className="swatch" style={{ background: `rgb(${labelColour(label).join(" ")})` }} />{" "}
          {label}
        </span>
      ))}
      {more !== undefined && <span>{more}</span>}
    </div>
  );
}
