/** Sessions: saved by the engine, opened after everything they need was looked for, applied in one step. */
import type { SessionFile, SessionLabels } from "../../engine/protocol/session-file.ts";
import type { MovedItem, SessionItem } from "../../engine/protocol/sessions.ts";
import type { NamedFile } from "./image-state.ts";
import type { Slice } from "./look.ts";
import type { SessionSource, SessionState } from "./session-state.ts";
import { draftOf, viewOf } from "./session-view.ts";
import { blankTimeline } from "./timeline-slice.ts";

export const sessionSlice: Slice<SessionState> = (set, get, { engine }) => {
  const read = (source: SessionSource, moved: readonly MovedItem[]) =>
    get().run(
      "Looking for what the session needs",
      (options) => {
        return engine.call("session.open", { ...source, moved: [...moved] }, options);
      },
      "session",
    );

  /** Photographs of a person's own, or their pictures of labels, as files by id. */
  const filesOf = async (
    wanted: SessionFile["photographs"] | SessionLabels[],
    items: readonly SessionItem[],
  ) => {
    const files = new Map<string, NamedFile>();
    for (const one of wanted) {
      const item = items.find(({ id }) => id === one.id);
      if (!("sha256" in one) || !item || item.state === "missing") continue;
      const { id, name, base64 } = one;
      const { path } = item;
      if (base64 !== undefined) files.set(id, { name, blob: new Blob([bytesOf(base64)]) });
      if (path === undefined) continue;
      const { bytes } = await engine.call("session.photograph", { path });
      files.set(id, { name, path, blob: new Blob([bytes.data.slice()]) });
    }
    return files;
  };

  /** A picture that does not fit any more is told; its photograph comes without classes. */
  const putLabels = async (
    labels: readonly SessionLabels[],
    files: ReadonlyMap<string, NamedFile>,
    photographs: ReadonlyMap<string, string>,
  ) => {
    for (const { id, of, classes } of labels) {
      const [file, key] = [files.get(id), photographs.get(of)];
      if (!file || key === undefined) continue;
      if (await get().ensureOpen(key)) await get().labelPhotograph(key, file, classes);
    }
  };

  return {
    isSessionOpen: false,
    openSessionDialog(isOpen) {
      set({ isSessionOpen: isOpen });
    },
    sessionPath: undefined,
    openingSession: undefined,
    async saveSession(path) {
      // The engine has the bytes of a photograph only while it is open there.
      for (const { key, file } of get().photographs) if (file) await get().ensureOpen(key);
      const reply = await get().run(
        "Saving the session",
        (options) =>
          engine.call(
            "session.save",
            { draft: draftOf(get()), ...(path === undefined ? {} : { path }) },
            options,
          ),
        "session",
      );
      if (!reply) return undefined;
      const { notes, path: saved, text } = reply;
      if (notes.length > 0) get().notify("note", notes.join(" "));
      if (saved !== undefined) {
        set({ sessionPath: saved });
        get().rememberSession(saved);
      }
      return {
        ...(saved === undefined ? {} : { path: saved }),
        ...(text === undefined ? {} : { text }),
      };
    },
    async openSession(source) {
      const reply = await read(source, []);
      if (!reply) return false;
      const { session, items, path } = reply;
      const known = path === undefined ? source : { path };
      set({ openingSession: { source: known, session, items, moved: [] } });
      if (items.some(({ state }) => state !== "found")) return true;
      const isApplied = await get().applySession();
      if (!isApplied) get().dropSession();
      return isApplied;
    },
    async findMoved(moved) {
      const { openingSession } = get();
      if (!openingSession) return;
      const all = [...openingSession.moved.filter(({ id }) => id !== moved.id), moved];
      const reply = await read(openingSession.source, all);
      if (!reply || !get().openingSession) return;
      set({ openingSession: { ...openingSession, ...reply, moved: all } });
    },
    dropSession() {
      get().overtake("session");
      set({ openingSession: undefined });
    },
    async applySession() {
      const { openingSession } = get();
      if (!openingSession) return false;
      const { session, items, source } = openingSession;
      const prepared = await get().run(
        "Opening the session",
        async (options) => {
          const files = await filesOf(session.photographs, items);
          const labels = await filesOf(session.labels ?? [], items);
          const photographs = namesOf(items, "photograph");
          const models = namesOf(items, "model");
          // Ids of own photographs stand for themselves until the files are open.
          for (const id of files.keys()) photographs.set(id, id);
          const { model } = viewOf(session, photographs, models);
          const card =
            model === undefined
              ? undefined
              : await engine.call("model.open", { path: model }, options);
          return { files, labels, photographs, models, card };
        },
        "session",
      );
      // Nothing is half applied: what could not be opened was said, and the dialog is still there.
      if (!prepared || get().openingSession !== openingSession) return false;
      const { files, labels, photographs, models, card } = prepared;
      const keys = await get().joinFiles([...files.values()]);
      if (!keys || get().openingSession !== openingSession) return false;
      [...files.keys()].forEach((id, index) => photographs.set(id, keys[index]!));

      const { model, step, hold, active, ignored, ...seen } = viewOf(session, photographs, models);
      const run = items.find(({ kind }) => kind === "run")?.path;
      get().record("session");
      get().quietly(() => get().closeTimeline());
      set({
        ...seen,
        pinGrid: undefined,
        ownQueries: {},
        hidden: new Set(),
        page: "look",
        layout: { ...get().layout, ...session.layout },
        active: active ?? get().active,
        openingSession: undefined,
        ...(card ? { model: card, modelPath: model, modelEpoch: get().epoch } : {}),
        ...(run === undefined ? {} : { timeline: { ...blankTimeline(run), at: step, hold } }),
        ...("path" in source ? { sessionPath: source.path } : {}),
      });
      if ("path" in source) get().rememberSession(source.path);
      if (ignored.length > 0) {
        get().notify("note", `Part of the session was ignored. ${ignored.join("; ")}`);
      }
      await Promise.all([
        run === undefined ? undefined : get().followTimeline(),
        active === undefined ? undefined : get().quietly(() => get().choose(active)),
        putLabels(session.labels ?? [], labels, photographs),
      ]);
      return true;
    },
  };
};

/** What the page calls a thing that is there, by id; own photographs are not among them. */
function namesOf(items: readonly SessionItem[], kind: SessionItem["kind"]): Map<string, string> {
  const here = items.filter((item) => item.kind === kind && item.state !== "missing");
  return new Map(here.flatMap(({ id, path }) => (path === undefined ? [] : [[id, path]])));
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
