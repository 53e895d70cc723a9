/** The colours of a depth map, on a logarithmic scale in metres. */
import { colormapTable, type ColormapName } from "../../../engine/protocol/colormap.ts";

export function DepthKey(props: { range: readonly [number, number]; colormap: ColormapName }) {
  const { colormap } = props;
  const [low, high] = props.range;
  const table = colormapTable(colormap);
  const stops = Array.from({ length: 9 }, (_, i) => {
    const at = 3 * Math.round((i * 255) / 8);
    return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
  });
  return (
    <div
      className="legend"
      role="img"
      aria-label={`Depth from ${inMetres(low)} to ${inMetres(high)} and more, logarithmic`}
    >
      <div className="bar" style={{ background: `linear-gradient(90deg, ${stops.join(", ")})` }} />
      <div className="ends num">
        <span>{inMetres(low)}</span>
        <span>{inMetres(Math.sqrt(low * high))}</span>
        <span>≥ {inMetres(high)}</span>
      </div>
    </div>
  );
}

const inMetres = (value: number) => `${value.toFixed(1)} m`;
