/** Save what is looked at as a session, on the engine's machine or as a download; open one from either. */
import { useRef, useState } from "react";
import { sessionEnding } from "../../../engine/protocol/session-file.ts";
import { saveFile } from "../../connection/desktop.ts";
import { photographOf } from "../../store/selectors.ts";
import { DialogHeader, ModalDialog } from "../ModalDialog.tsx";
import { OpenForm } from "../OpenForm.tsx";
import { useLook, useLookStore } from "../store-context.ts";
import { readSessionFile } from "./session-upload.ts";

export function SessionDialog() {
  const openDialog = useLook((state) => state.openSessionDialog);
  const close = () => openDialog(false);
  return (
    <ModalDialog isOpen label="Session" className="session-dialog" onClose={close}>
      <DialogHeader title="Session" close={close} />
      <SaveForm />
      <OpenSessionForm />
    </ModalDialog>
  );
}

function SaveForm() {
  const store = useLookStore();
  const saved = useLook((state) => state.sessionPath);
  const subject = useLook((state) => photographOf(state, "main")?.name);
  const save = useLook((state) => state.saveSession);
  const close = useLook((state) => state.openSessionDialog);
  const [path, setPath] = useState(saved ?? "");
  const [said, setSaid] = useState("");
  const [isBusy, setBusy] = useState(false);
  const wanted = path.trim();
  const work = async (doing: () => Promise<string | undefined>) => {
    // Not a disabled button: that would lose the focus.
    if (isBusy) return;
    setBusy(true);
    setSaid((await doing()) ?? failure(store.getState().notices.at(-1)));
    setBusy(false);
  };
  const saveThere = () =>
    work(async () => {
      const reply = await save(wanted);
      if (reply?.path !== undefined) setPath(reply.path);
      return reply && `Saved as ${reply.path}`;
    });
  const download = () =>
    work(async () => {
      const reply = await save();
      if (reply?.text === undefined) return undefined;
      const name = `${(subject ?? "view").replace(/[^\p{L}\p{N}]+/gu, "-")}${sessionEnding}`;
      await saveFile(name, new TextEncoder().encode(reply.text));
      close(false);
      return "";
    });
  return (
    <form
      className="open-model"
      onSubmit={(event) => {
        event.preventDefault();
        void saveThere();
      }}
    >
      <label htmlFor="session-save">Save this view as</label>
      <input
        id="session-save"
        value={path}
        placeholder={`path on the engine's machine, NAME${sessionEnding}`}
        title="Models and photographs in its folder, or in the one around that, are named relative to it"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setPath(event.target.value)}
      />
      <button type="submit" className="primary" disabled={wanted === ""}>
        Save
      </button>
      <button
        type="button"
        className="wide"
        title="As a file of this browser; paths in it are absolute"
        onClick={() => void download()}
      >
        Download
      </button>
      <output>{said}</output>
    </form>
  );
}

/** A refusal is a notice of the page, which lies behind the dialog. */
const failure = (notice: { message: string; hint: string | undefined } | undefined) =>
  [notice?.message, notice?.hint].filter(Boolean).join(" ");

function OpenSessionForm() {
  const store = useLookStore();
  const [said, setSaid] = useState("");
  const picker = useRef<HTMLInputElement>(null);
  const open = async (source: Parameters<ReturnType<typeof store.getState>["openSession"]>[0]) => {
    const { openSession, openSessionDialog } = store.getState();
    if (await openSession(source)) openSessionDialog(false);
    else setSaid(failure(store.getState().notices.at(-1)));
  };
  return (
    <OpenForm
      label="Open a session"
      title="What it needs is looked for before anything changes"
      action="Open"
      onOpen={(path) => void open({ path })}
    >
      <button type="button" className="wide" onClick={() => picker.current?.click()}>
        Choose a file…
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="Session file"
        accept=".json"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file) {
            readSessionFile(file).then(open, (error: unknown) =>
              setSaid(error instanceof Error ? error.message : String(error)),
            );
          }
          target.value = "";
        }}
      />
      <output>{said}</output>
    </OpenForm>
  );
}
