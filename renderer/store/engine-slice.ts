/** The engine at the other end: connection, what it runs on, and the model that is open. */
import { protocolVersion } from "../../engine/protocol/messages.ts";
import type { EngineState } from "./engine-state.ts";
import type { Slice } from "./look.ts";

export const engineSlice: Slice<EngineState> = (set, get, { engine, maps }) => {
  /** What the address or an earlier connection named, where there is such a photograph. */
  const knownActive = (): string | undefined => {
    const { active } = get();
    if (active === undefined || isHere(active)) return active;
    set({ active: undefined });
    return undefined;
  };

  const isHere = (key: string) => {
    if (get().photographs.some((one) => one.key === key)) return true;
    const message = `There is no photograph "${key.slice(0, 80)}" here.`;
    get().notify("note", message, "Photographs of your own are not part of an address; open it.");
    return false;
  };

  /** The run's own checkpoint comes onto the stage; where there is none, what else there was. */
  const takeUpTimeline = async (path: string | undefined) => {
    await get().followTimeline();
    const isThere = (get().timeline?.checkpoints.length ?? 0) > 0;
    if (!isThere && path !== undefined) await open(path);
  };

  const open = async (path: string): Promise<boolean> => {
    // Named at once: a connection that is still being taken up opens this one, not the bundled.
    const before = get().modelPath;
    set({ modelPath: path });
    if (get().connection.kind !== "open") return false;
    const model = await get().run(
      "Opening the model",
      (options) => engine.call("model.open", { path }, options),
      "model",
    );
    if (!model && get().modelPath === path && get().connection.kind === "open") {
      set({ modelPath: before });
    }
    if (!model) return false;
    const { layer, head } = get().view;
    if (layer !== "last" && layer >= model.depth) {
      get().adjustView({ layer: "last" });
      const parts = model.stages ? "stages" : "blocks";
      get().notify("note", `This model has ${model.depth} ${parts}; showing the last one.`);
    }
    if (head !== "mean" && head >= model.heads) get().adjustView({ head: "mean" });
    set({ model, modelPath: path, modelEpoch: get().epoch });
    get().rememberModel(path);
    return true;
  };

  return {
    connection: { kind: "connecting" },
    epoch: 0,
    modelEpoch: 0,
    info: undefined,
    model: undefined,
    modelPath: undefined,
    async connected() {
      // The engine may be a new one, which knows nothing of what the old one handed out.
      get().forgetOpened();
      maps.clear();
      set({
        connection: { kind: "open" },
        epoch: get().epoch + 1,
        cards: new Map(),
        cardProblems: new Map(),
      });
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
      void get().followTraining();
      get().addSamples(info.samples);
      const path = get().modelPath ?? info.models[0]?.path;
      const active = knownActive() ?? info.samples[0]?.name;
      set({
        panes: get().panes.filter(
          ({ photograph }) => photograph === undefined || isHere(photograph),
        ),
      });
      const { timeline } = get();
      await Promise.all([
        timeline ? takeUpTimeline(path) : path === undefined ? undefined : open(path),
        active === undefined ? undefined : get().quietly(() => get().choose(active)),
      ]);
    },
    disconnected(connection) {
      set({ connection });
    },
    async openModel(path) {
      if (path !== get().modelPath || get().timeline) get().record(`open ${path}`);
      // A model by itself is no checkpoint of the run that is looked at.
      get().quietly(() => get().closeTimeline());
      return open(path);
    },
    async getModel(repository) {
      const got = await get().run(
        "Asking the Hub",
        (options) => engine.call("hub.get", { repository }, options),
        "hub",
      );
      if (!got) return false;
      if (got.note !== undefined) get().notify("note", got.note);
      return get().openModel(got.name);
    },
    async refreshInfo() {
      const info = await engine.call("engine.info", {}).catch(() => undefined);
      if (info) set({ info });
    },
  };
};
