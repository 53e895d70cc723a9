/** Exporting and verifying: the choices and what follows from them on the left, the card in the middle. */
import { useEffect } from "react";
import { exportTabs, type ExportTab } from "../../store/verify-state.ts";
import { useLook } from "../store-context.ts";
import { Tabs } from "../Tabs.tsx";
import { ExportForm } from "./ExportForm.tsx";
import { ExportResult } from "./ExportResult.tsx";
import { VerifyForm } from "./VerifyForm.tsx";
import { VerifyResult } from "./VerifyResult.tsx";

const labels: Readonly<Record<ExportTab, readonly [label: string, title: string]>> = {
  export: ["Write", "Write a model for other programs, and prove that it is the same"],
  verify: ["Verify", "Prove an export again: from its files alone, or against the original"],
};

export function ExportPage() {
  const tab = useLook((state) => state.exportTab);
  const setTab = useLook((state) => state.setExportTab);
  const epoch = useLook((state) => state.epoch);
  const isOpen = useLook((state) => state.connection.kind === "open");
  const describe = useLook((state) => state.describeExporting);
  const describeMeasuring = useLook((state) => state.describeMeasuring);
  const open = useLook((state) => state.model?.path ?? state.model?.source);
  const offer = useLook((state) => state.offerExportModel);
  useEffect(() => {
    if (!isOpen) return;
    void describe();
    // Paths that are offered for images come from there.
    void describeMeasuring();
  }, [epoch, isOpen, describe, describeMeasuring]);
  useEffect(() => {
    if (open !== undefined) offer(open);
  }, [open, offer]);
  return (
    <>
      <aside className="left" aria-label="What is exported">
        <Tabs
          label="Export or verify"
          tabs={exportTabs}
          labels={labels}
          value={tab}
          onChange={setTab}
        >
          {tab === "export" ? <ExportForm /> : <VerifyForm />}
        </Tabs>
      </aside>
      <main className="middle measured" aria-label="What was written">
        {tab === "export" ? <ExportResult /> : <VerifyResult />}
      </main>
    </>
  );
}
