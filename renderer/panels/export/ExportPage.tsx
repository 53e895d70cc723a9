/** Exporting: the choices and what follows from them on the left, the card in the middle. */
import { useEffect } from "react";
import { useLook } from "../store-context.ts";
import { ExportForm } from "./ExportForm.tsx";
import { ExportResult } from "./ExportResult.tsx";

export function ExportPage() {
  const epoch = useLook((state) => state.epoch);
  const isOpen = useLook((state) => state.connection.kind === "open");
  const describe = useLook((state) => state.describeExporting);
  const describeMeasuring = useLook((state) => state.describeMeasuring);
  const open = useLook((state) => state.model?.source);
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
        <ExportForm />
      </aside>
      <main className="middle measured" aria-label="What was written">
        <ExportResult />
      </main>
    </>
  );
}
