/** Asks a person for photographs, with the window's dialog or the browser's. */
import { desktop } from "../connection/desktop.ts";
import type { Look } from "../store/look.ts";

/** What the browser's dialog offers. */
export const photographTypes = "image/*,.tif,.tiff,.heic,.avif";

/** @param picker the browser's file field; made anew where there is none. Call it from a press. */
export async function openPhotographs({ openFiles }: Look, picker?: HTMLInputElement | null) {
  const window = desktop();
  if (window) {
    const files = await window.openImages();
    await openFiles(
      files.map(({ name, bytes, path }) => ({ name, path, blob: new Blob([bytes.slice()]) })),
    );
    return;
  }
  if (picker) {
    picker.click();
    return;
  }
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = photographTypes;
  input.addEventListener("change", () => void openPicked(openFiles, input));
  input.click();
}

/** The files of a field, which is ready for the same ones again. */
export async function openPicked(openFiles: Look["openFiles"], input: HTMLInputElement) {
  const files = [...(input.files ?? [])];
  input.value = "";
  await openFiles(files.map((blob) => ({ name: blob.name, blob })));
}
