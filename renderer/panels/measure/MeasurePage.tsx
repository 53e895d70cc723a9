/** Measuring: what is measured on the left, by tabs, and what was found in the middle. */
import { useEffect } from "react";
import type { MeasureTab } from "../../store/measure-state.ts";
import { useLook } from "../store-context.ts";
import { CompareForm } from "./CompareForm.tsx";
import { CompareResult } from "./CompareResult.tsx";
import { MeasureTabs } from "./MeasureTabs.tsx";
import { ProbeForm } from "./ProbeForm.tsx";
import { ProbeResults } from "./ProbeResults.tsx";
import { SceneControls } from "./SceneControls.tsx";
import { ScenesResult } from "./ScenesResult.tsx";

const forms: Readonly<Record<MeasureTab, () => React.ReactNode>> = {
  compare: CompareForm,
  probes: ProbeForm,
  scenes: SceneControls,
};

const results: Readonly<Record<MeasureTab, () => React.ReactNode>> = {
  compare: CompareResult,
  probes: ProbeResults,
  scenes: ScenesResult,
};

export function MeasurePage() {
  const tab = useLook((state) => state.measureTab);
  const epoch = useLook((state) => state.epoch);
  const isOpen = useLook((state) => state.connection.kind === "open");
  const describe = useLook((state) => state.describeMeasuring);
  useEffect(() => {
    if (isOpen) void describe();
  }, [epoch, isOpen, describe]);
  const [Form, Result] = [forms[tab], results[tab]];
  return (
    <>
      <aside className="left" aria-label="What is measured">
        <MeasureTabs>
          <Form />
        </MeasureTabs>
      </aside>
      <main className="middle measured" aria-label="What was found">
        <Result />
      </main>
    </>
  );
}
