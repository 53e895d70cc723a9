/** The engine at the other end: connection, what it runs on, and the model that is open. */
import { protocolVersion, type ModelCard, type Reply } from "../../engine/protocol/messages.ts";
import type { ConnectionState } from "../connection/engine-client.ts";
import type { Slice } from "./store.ts";

export type EngineInfo = Reply<"engine.info">;

export interface EngineState {
  readonly connection: ConnectionState;
  /** How many connections there have been: ids of an earlier one mean nothing. */
  readonly epoch: number;
  /** The connection over which the model was opened. */
  readonly modelEpoch: number;
  readonly info: EngineInfo | undefined;
  readonly model: ModelCard | undefined;
  /** The path the open model was asked for by; asked again after a reconnection. */
  readonly modelPath: string | undefined;
  /**
   * Take up the connection: ask what is there, then open what was open, or else the bundled model
   * and the first sample, so that a first map appears with no click.
   */
  connected(): Promise<void>;
  disconnected(state: ConnectionState): void;
  openModel(path: string): Promise<void>;
  /** Ask the engine again for its memory. */
  refreshInfo(): Promise<void>;
}

export const engineSlice: Slice<EngineState> = (set, get, { engine }) => ({
  connection: { kind: "connecting" },
  epoch: 0,
  modelEpoch: 0,
  info: undefined,
  model: undefined,
  modelPath: undefined,
  async connected() {
    // The engine may be a new one, which knows nothing of what the old one handed out.
    get().forgetOpened();
    set({ connection: { kind: "open" }, epoch: get().epoch + 1 });
    const info = await get().run("Asking the engine what it has", (options) =>
      engine.call("engine.info", {}, options),
    );
    if (!info) return;
    set({ info });
    if (info.protocol !== protocolVersion) {
      get().notify(
        "error",
        `This page speaks protocol ${protocolVersion}, the engine ${info.protocol}`,
        "Reload the page; if that does not help, build the page and the engine from one version.",
      );
      return;
    }
    get().addSamples(info.samples);
    const path = get().modelPath ?? info.models[0]?.path;
    const { second, active = info.samples[0]?.name } = get();
    await Promise.all([
      path === undefined ? undefined : get().openModel(path),
      active === undefined ? undefined : get().choose(active),
      second === undefined ? undefined : get().chooseSecond(second),
    ]);
  },
  disconnected(connection) {
    set({ connection });
  },
  async openModel(path) {
    const model = await get().run(
      "Opening the model",
      (options) => engine.call("model.open", { path }, options),
      "model",
    );
    if (!model) return;
    const { layer, head } = get().view;
    if (layer !== "last" && layer >= model.depth) {
      get().setView({ layer: "last" });
      get().notify("note", `This model has ${model.depth} blocks; showing the last one.`);
    }
    if (head !== "mean" && head >= model.heads) get().setView({ head: "mean" });
    set({ model, modelPath: path, modelEpoch: get().epoch });
  },
  async refreshInfo() {
    const info = await engine.call("engine.info", {}).catch(() => undefined);
    if (info) set({ info });
  },
});
