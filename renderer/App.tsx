/** The frame: images and model on the left, the stage, the probe on the right, status below. */
import { useEffect, useState } from "react";
import { Header } from "./panels/Header.tsx";
import { ImageStrip } from "./panels/ImageStrip.tsx";
import { ModelPanel } from "./panels/ModelPanel.tsx";
import { Notices } from "./panels/Notices.tsx";
import { ProbePanel } from "./panels/ProbePanel.tsx";
import { ResultPanel } from "./panels/ResultPanel.tsx";
import { handleKey } from "./panels/shortcuts.ts";
import { Stage } from "./panels/Stage.tsx";
import { StatusBar } from "./panels/StatusBar.tsx";
import { useLookStore } from "./panels/store-context.ts";

export function App({ retry }: { retry: () => void }) {
  const store = useLookStore();
  const isDragging = useFileDrops();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (handleKey(event, store.getState())) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [store]);

  return (
    <div className="app">
      <Header />
      <aside className="left">
        <ImageStrip />
        <ModelPanel />
      </aside>
      <div className="middle">
        <Notices retry={retry} />
        <Stage />
      </div>
      <aside className="right">
        <ProbePanel />
        <ResultPanel />
      </aside>
      <StatusBar />
      {isDragging && <div className="drop-here">Drop to open</div>}
    </div>
  );
}

/** Files dropped or pasted anywhere are opened. @returns whether files are being dragged over */
function useFileDrops(): boolean {
  const store = useLookStore();
  const [isDragging, setDragging] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const open = (files: Iterable<File> | undefined) => {
      const named = [...(files ?? [])].map((blob) => ({ name: blob.name || "pasted", blob }));
      if (named.length > 0) void store.getState().openFiles(named);
      return named.length > 0;
    };
    window.addEventListener(
      "dragover",
      (event) => {
        event.preventDefault();
        setDragging(event.dataTransfer?.types.includes("Files") ?? false);
      },
      { signal },
    );
    window.addEventListener(
      "dragleave",
      (event) => {
        if (!event.relatedTarget) setDragging(false);
      },
      { signal },
    );
    window.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        setDragging(false);
        open(event.dataTransfer?.files);
      },
      { signal },
    );
    window.addEventListener(
      "paste",
      (event) => {
        if (open(event.clipboardData?.files)) event.preventDefault();
      },
      { signal },
    );
    return () => abort.abort();
  }, [store]);
  return isDragging;
}
