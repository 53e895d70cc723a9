/** CLS and registers as cells of their own under the map, coloured by the map's scale. */
import { colormapTable, tableIndex } from "../../engine/protocol/colormap.ts";
import { isHovered } from "../store/selectors.ts";
import { formatValue } from "./numbers.ts";
import { useLook } from "./store-context.ts";

export function TokenCells() {
  const answer = useLook((state) => (isHovered(state) ? undefined : state.answer));
  const colormap = useLook((state) => state.view.colormap);
  const map = answer?.result.maps[0];
  if (!answer || !map || answer.result.tokens.length === 0) return null;
  const table = colormapTable(colormap);
  return (
    <ul className="tokens" aria-label="CLS and register tokens">
      {answer.result.tokens.map(({ name, value, outlier }) => {
        const at = 3 * tableIndex(value, map.range);
        return (
          <li key={name} title={`${name}: ${formatValue(value)} ${map.unit}`}>
            <i style={{ background: `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})` }} />
            <span>{name}</span>
            <span className="num">{formatValue(value)}</span>
            {outlier && <em>outlier</em>}
          </li>
        );
      })}
    </ul>
  );
}
