/** The three ways to measure. */
import type { ReactNode } from "react";
import { measureTabs, type MeasureTab } from "../../store/measure-state.ts";
import { useLook } from "../store-context.ts";
import { Tabs } from "../Tabs.tsx";

const labels: Readonly<Record<MeasureTab, readonly [label: string, title: string]>> = {
  compare: ["Compare", "Score the checkpoints of a run, or models, without labels"],
  probes: ["Probes", "Measure a frozen model on labelled data"],
  scenes: ["Scenes", "Look at the built-in world that both can use"],
};

export function MeasureTabs({ children }: { children: ReactNode }) {
  const tab = useLook((state) => state.measureTab);
  const setTab = useLook((state) => state.setMeasureTab);
  return (
    <Tabs label="Ways to measure" tabs={measureTabs} labels={labels} value={tab} onChange={setTab}>
      {children}
    </Tabs>
  );
}
