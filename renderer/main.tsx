/** Joins connection, store and page: the only wiring. */
import "./connection/uncompiled-schemas.ts";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { Announcer } from "./panels/Announcer.tsx";
import { runUmap } from "./compute/umap-client.ts";
import { SimilarityClient } from "./compute/similarity-client.ts";
import { EngineClient } from "./connection/engine-client.ts";
import { socketAddress } from "./connection/socket-address.ts";
import { followSettings } from "./panels/show-settings.ts";
import { StoreContext } from "./panels/store-context.ts";
import { followAddress } from "./store/address.ts";
import { followDesktop } from "./store/follow-desktop.ts";
import { follow } from "./store/follow.ts";
import { rememberMeasuring } from "./store/measure-remember.ts";
import { rememberWindow } from "./store/remember.ts";
import { createLookStore } from "./store/store.ts";

const worker = new Worker(new URL("./compute/similarity-worker.ts", import.meta.url), {
  type: "module",
});
const engine = new EngineClient(socketAddress(location), (connection) => {
  const state = store.getState();
  if (connection.kind === "open") void state.connected();
  else state.disconnected(connection);
});
const store = createLookStore({
  engine,
  similarity: new SimilarityClient(worker),
  layOut: runUmap,
});
worker.addEventListener("error", (event) => {
  const reason = event.message || "it could not be loaded";
  store.getState().notify("error", `Cosine maps cannot be computed: ${reason}`, "Reload the page.");
});

rememberWindow(store, localStorage);
followSettings(store, document.documentElement);
rememberMeasuring(store, localStorage, sessionStorage);
followAddress(store, window);
follow(store);
if (window.desktop) followDesktop(store, window.desktop);
engine.open();

createRoot(document.getElementById("root")!).render(
  <StoreContext value={store}>
    <Announcer />
    <App retry={() => engine.open()} />
  </StoreContext>,
);
