/** What the colours of a map mean, as a figure's key. */
import { colormapTable, type ColormapName } from "./colormap.ts";
import { keyLabels, labelColour, labelsLeftOut } from "./distinct-colours.ts";
import type { FigureKey } from "./figure.ts";
import { aloneIn, componentOrders, type PcaVariant } from "./pca-variant.ts";
import type { ProbeMap } from "./probes.ts";
import { toWireTensor } from "./tensor.ts";

/** An end of a colour scale: no more digits than it needs, and a true minus. */
export const formatEnd = (value: number): string =>
  String(Number(value.toPrecision(3))).replace("-", "−");

export function barKey(
  colormap: ColormapName,
  [low, high]: readonly [number, number],
  unit: string,
): FigureKey {
  const colours = toWireTensor(colormapTable(colormap), [256, 3]);
  return { kind: "bar", colours, ends: [formatEnd(low), formatEnd(high)], unit };
}

const channels: readonly [number, number, number][] = [
  [229, 72, 77],
  [70, 167, 88],
  [62, 123, 250],
];

/** Which component of a PCA is red, green and blue or is shown alone, and which are turned round. */
function componentKey({ signs, order }: PcaVariant): FigureKey {
  const alone = aloneIn(order);
  if (alone !== undefined) {
    const name = `${(signs >> alone) & 1 ? "−" : ""}PC ${alone + 1}`;
    return {
      kind: "swatches",
      entries: [
        { colour: [0, 0, 0], text: `${name} low` },
        { colour: [255, 255, 255], text: "high" },
      ],
    };
  }
  const sources = componentOrders[order] ?? componentOrders[0];
  return {
    kind: "swatches",
    entries: sources.map((component, channel) => ({
      colour: channels[channel]!,
      text: `${(signs >> component) & 1 ? "−" : ""}PC ${component + 1}`,
    })),
  };
}

function groupKey(count: number, unit: string): FigureKey {
  const shown = Math.min(count, keyLabels);
  const note = labelsLeftOut(count);
  return {
    kind: "swatches",
    entries: Array.from({ length: shown }, (_, label) => ({
      colour: labelColour(label),
      text: label === 0 && unit !== "" ? `${unit} 0` : String(label),
    })),
    ...(note !== undefined && { note }),
  };
}

/** @param range ends of the scale that is drawn; of a scalar map alone */
export function keyOfMap(
  map: Pick<ProbeMap, "kind" | "range" | "unit">,
  look: {
    readonly colormap: ColormapName;
    readonly variant: PcaVariant;
    readonly range?: readonly [number, number] | undefined;
  },
): FigureKey {
  switch (map.kind) {
    case "scalar":
    case "matrix":
      return barKey(look.colormap, look.range ?? map.range, map.unit);
    case "rgb":
      return componentKey(look.variant);
    case "labels":
      return groupKey(Math.max(1, Math.round(map.range[1]) + 1), map.unit);
    case "mask":
      return {
        kind: "swatches",
        entries: [
          { colour: [255, 255, 255], text: "foreground clear" },
          { colour: [0, 0, 0], text: "background dark" },
        ],
      };
  }
}
