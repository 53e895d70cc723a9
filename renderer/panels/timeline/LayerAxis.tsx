/** The second axis: the layers, from the first block at the bottom to the last at the top. */
import { useId } from "react";
import { withKeys } from "../actions/registry.ts";
import { useLook } from "../store-context.ts";
import { FieldLabel } from "../learn/Words.tsx";

export function LayerAxis() {
  const id = useId();
  const depth = useLook((state) => state.model?.depth ?? 1);
  const layer = useLook(({ view }) =>
    view.layer === "last" ? depth : Math.min(depth, view.layer + 1),
  );
  const setView = useLook((state) => state.setView);
  return (
    <div
      className="layer-axis"
      title={withKeys("Block whose tokens are shown", "layer-down", "layer-up")}
    >
      <FieldLabel htmlFor={id} means="block">
        Layer
      </FieldLabel>
      <input
        id={id}
        type="range"
        min={1}
        max={depth}
        value={layer}
        disabled={depth < 2}
        aria-valuetext={`${layer} of ${depth}`}
        style={
          {
            "--filled": `${depth > 1 ? (100 * (layer - 1)) / (depth - 1) : 100}%`,
          } as React.CSSProperties
        }
        onChange={({ target }) => {
          const block = target.valueAsNumber;
          setView({ layer: block === depth ? "last" : block - 1 });
        }}
      />
      <output className="num" htmlFor={id}>
        {layer}/{depth}
      </output>
    </div>
  );
}
