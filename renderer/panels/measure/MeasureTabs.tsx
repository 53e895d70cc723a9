/** The three ways to measure; arrows go from one to the next. */
import { useRef, type KeyboardEvent } from "react";
import { measureTabs, type MeasureTab } from "../../store/measure-state.ts";
import { useLook } from "../store-context.ts";

export const panelId = "measure-panel";
export const tabId = (tab: MeasureTab): string => `measure-tab-${tab}`;

const labels: Readonly<Record<MeasureTab, readonly [label: string, title: string]>> = {
  compare: ["Compare", "Score the checkpoints of a run, or models, without labels"],
  probes: ["Probes", "Measure a frozen model on labelled data"],
  scenes: ["Scenes", "Look at the built-in world that both can use"],
};

export function MeasureTabs() {
  const tab = useLook((state) => state.measureTab);
  const setTab = useLook((state) => state.setMeasureTab);
  const job = useLook((state) => state.job);
  const list = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const at = measureTabs.indexOf(tab);
    const count = measureTabs.length;
    const to: Readonly<Record<string, number>> = {
      ArrowLeft: (at + count - 1) % count,
      ArrowRight: (at + 1) % count,
      Home: 0,
      End: count - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setTab(measureTabs[next]!);
    list.current?.querySelectorAll("button")[next]?.focus();
  };

  return (
    <div ref={list} className="tabs" role="tablist" aria-label="Ways to measure">
      {measureTabs.map((one) => (
        <button
          key={one}
          id={tabId(one)}
          role="tab"
          aria-selected={one === tab}
          aria-controls={panelId}
          tabIndex={one === tab ? 0 : -1}
          title={labels[one][1]}
          onClick={() => setTab(one)}
          onKeyDown={onKeyDown}
        >
          {labels[one][0]}
          {job?.tab === one && <i className="dot" title={job.title} />}
        </button>
      ))}
    </div>
  );
}
