/** Gives the page `window.desktop`: each member passes one message on and decides nothing. */
import { contextBridge, ipcRenderer, webUtils } from "electron";
import type { Channels, Desktop } from "./desktop.ts";

/** Both return what the main process answered; its side checks who asks and what for. */
const invoke = (channel: Channels["invoke"], ...values: unknown[]) =>
  ipcRenderer.invoke(channel, ...values) as Promise<never>;
const send = (channel: Channels["send"], ...values: unknown[]) =>
  ipcRenderer.send(channel, ...values);

function receive(channel: Channels["receive"], listener: (value: never) => void): () => void {
  // The event stays here: it would hand the page ipcRenderer itself.
  const pass = (_event: unknown, value: unknown) => listener(value as never);
  ipcRenderer.on(channel, pass);
  return () => void ipcRenderer.off(channel, pass);
}

const desktop: Desktop = {
  openImages: () => invoke("open-images"),
  openModelFolder: () => invoke("open-model-folder"),
  onOpen(listener) {
    const undo = receive("opened", listener);
    send("page-listens");
    return undo;
  },
  recent: () => invoke("recent"),
  openRecent: (path) => invoke("open-recent", path),
  pathOf(file) {
    const path = webUtils.getPathForFile(file);
    if (path !== "") send("was-dropped", path);
    return path;
  },
  saveFile: (name, bytes) => invoke("save-file", name, bytes),
  revealFolder: (path) => invoke("reveal-folder", path),
  onEngine(listener) {
    let isWanted = true;
    const undo = receive("engine", listener);
    void invoke("engine-state").then((state) => {
      if (isWanted) listener(state);
    });
    return () => {
      isWanted = false;
      undo();
    };
  },
  tellRun: (words) => send("run-goes", words),
  versions: {
    electron: process.versions.electron,
    chrome: process.versions.chrome,
    node: process.versions.node,
  },
};

contextBridge.exposeInMainWorld("desktop", desktop);
