/** Files and folders that are dropped or pasted anywhere on the page. */
import { useEffect, useState } from "react";
import { desktop } from "../connection/desktop.ts";
import { readDropped, sortDropped, type DroppedFile } from "../connection/dropped-files.ts";
import type { LookStore } from "../store/look.ts";
import { readSessionFile } from "./session/session-upload.ts";
import { useLookStore } from "./store-context.ts";

/** @returns whether files are being dragged over the page */
export function useFileDrops(): boolean {
  const store = useLookStore();
  const [isDragging, setDragging] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const over = (event: DragEvent) => {
      event.preventDefault();
      setDragging(event.dataTransfer?.types.includes("Files") ?? false);
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setDragging(false);
      if (event.dataTransfer) void openDropped(store, event.dataTransfer);
    };
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      const named = files.map((blob) => ({ name: blob.name || "pasted", blob }));
      void store.getState().openFiles(named);
    };
    window.addEventListener("dragover", over, { signal });
    window.addEventListener("dragleave", leave, { signal });
    window.addEventListener("drop", drop, { signal });
    window.addEventListener("paste", paste, { signal });
    return () => abort.abort();
  }, [store]);
  return isDragging;
}

async function openDropped(store: LookStore, transfer: DataTransfer): Promise<void> {
  const { openFiles, openModel, notify } = store.getState();
  // A window knows where a dropped file lies; it must be asked before the event is over.
  const paths = [...transfer.files].map((file) => desktop()?.pathOf(file) ?? "");
  const names = [...transfer.files].map(({ name }) => name);
  let files: readonly DroppedFile[];
  try {
    files = await readDropped(transfer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    notify("error", `What was dropped could not be read: ${why}`, "Open it with the Open… button.");
    return;
  }
  const { images, models, sessions, others } = sortDropped(files);
  const pathOf = (file: DroppedFile) => paths[names.indexOf(file.path)] ?? "";
  const [session] = sessions;
  if (session !== undefined) {
    const path = pathOf(session);
    try {
      const source = path === "" ? await readSessionFile(session.file) : { path };
      await store.getState().openSession(source);
    } catch (error) {
      notify("error", error instanceof Error ? error.message : String(error));
    }
    return;
  }
  const [model] = models;
  const path = model === undefined ? "" : (paths[names.indexOf(model)] ?? "");
  if (path !== "") void openModel(path);
  else if (model !== undefined) {
    notify(
      "note",
      `${model} is a model, and a browser does not tell the engine where it lies.`,
      "Give its path under “Open another model”.",
    );
  }
  if (images.length + others.length + models.length === 0) {
    notify("note", "There was no photograph and no model in what was dropped.");
  }
  // Of many files those that are no photographs are left out; a single one is refused with a reason.
  const opened = images.length > 0 || models.length > 0 ? images : others;
  if (opened.length > 0) {
    await openFiles(
      opened.map((one) => {
        const [name, path] = [one.file.name || "dropped", pathOf(one)];
        return { name, blob: one.file, ...(path === "" ? {} : { path }) };
      }),
    );
  }
}
