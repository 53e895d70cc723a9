/** The two ends of a colour scale as handles over a bar: dragged, or moved by keys. */
import { useRef, useState } from "react";
import { heldRange, stepOf, type Ends } from "../store/colour-scale.ts";
import { formatEnd } from "./numbers.ts";
import type { Pane } from "../store/view-state.ts";
import { useLook } from "./store-context.ts";

/**
 * @param pane   whose scale it is
 * @param range  the ends that are drawn
 * @param domain what the bar stands for, from edge to edge
 */
export function RangeEnds(props: { pane?: Pane; range: Ends; domain: Ends; unit: string }) {
  const { pane = "main", range, domain, unit } = props;
  const setRange = useLook((state) => state.setRange);
  const box = useRef<HTMLDivElement>(null);
  const [from, to] = domain;

  const hold = (end: 0 | 1, value: number) => {
    const next: Ends =
      end === 0 ? [value, Math.max(value, range[1])] : [Math.min(value, range[0]), value];
    setRange(heldRange(next, domain), pane);
  };
  const drag = (end: 0 | 1) => (event: React.PointerEvent<HTMLElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const bar = box.current!.getBoundingClientRect();
    hold(end, from + ((event.clientX - bar.left) / bar.width) * (to - from));
  };
  const press = (end: 0 | 1) => (event: React.KeyboardEvent) => {
    const step = stepOf(domain) * (event.shiftKey ? 10 : 1);
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step }[event.key];
    if (event.key === "Home" || event.key === "Backspace") setRange("fit", pane);
    else if (by !== undefined) hold(end, range[end] + by);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const place = (value: number) =>
    `${100 * Math.min(1, Math.max(0, (value - from) / (to - from || 1)))}%`;

  return (
    <div
      ref={box}
      className="range-ends"
      title="Drag an end, or use its arrow keys; double-click or Home for the map's own range"
      onDoubleClick={() => setRange("fit", pane)}
    >
      {([0, 1] as const).map((end) => (
        <span
          key={end}
          role="slider"
          tabIndex={0}
          className="range-end"
          aria-label={end === 0 ? "Low end of the colours" : "High end of the colours"}
          aria-valuenow={range[end]}
          aria-valuetext={`${formatEnd(range[end])} ${unit}`}
          style={{ left: place(range[end]) }}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag(end)}
          onKeyDown={press(end)}
        />
      ))}
    </div>
  );
}

/** The ends, as far as the maps go: still while an end is dragged, so that it stays under the pointer. */
export function useDomain(range: Ends, fitted: Ends): { domain: Ends; hold: PointerHold } {
  const [held, setHeld] = useState<Ends>();
  const domain: Ends = held ?? [Math.min(range[0], fitted[0]), Math.max(range[1], fitted[1])];
  return {
    domain,
    hold: {
      onPointerDownCapture: () => setHeld(domain),
      onLostPointerCapture: () => setHeld(undefined),
      onPointerUpCapture: () => setHeld(undefined),
    },
  };
}

interface PointerHold {
  onPointerDownCapture(): void;
  onLostPointerCapture(): void;
  onPointerUpCapture(): void;
}
