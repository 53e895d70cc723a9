/** What a session needs that is missing or changed: where it is now, or to open without it. */
import type { SessionItem } from "../../../engine/protocol/sessions.ts";
import { DialogHeader, ModalDialog } from "../ModalDialog.tsx";
import { OpenForm } from "../OpenForm.tsx";
import { useLook } from "../store-context.ts";

export function FindingsDialog() {
  const opening = useLook((state) => state.openingSession);
  const apply = useLook((state) => state.applySession);
  const drop = useLook((state) => state.dropSession);
  const isBusy = useLook((state) => state.activities.some(({ label }) => /session/i.test(label)));
  const items = opening?.items ?? [];
  const missing = items.filter(({ state }) => state === "missing");
  const changed = items.filter(({ state }) => state === "changed");
  return (
    <ModalDialog isOpen label="What the session needs" className="session-dialog" onClose={drop}>
      <DialogHeader
        title={
          <span aria-live="polite">
            {items.length - missing.length} of {items.length} found
          </span>
        }
        close={drop}
      />
      <ul className="session-items">
        {missing.map((item) => (
          <Missing key={item.id} item={item} />
        ))}
        {changed.map(({ id, kind, name, path, why }) => (
          <li key={id}>
            <strong>{name}</strong> <span className="faint">{kind}</span>
            <p className="warning">Changed since: opened anyway. {why}</p>
            <p className="path">{path}</p>
          </li>
        ))}
      </ul>
      <div className="dialog-foot">
        <span className="faint">
          {missing.some(({ kind }) => kind !== "labels") &&
            "Panes over what is missing are left out. "}
          {missing.some(({ kind }) => kind === "labels") &&
            "Without its labels a photograph has no classes. "}
          Nothing has changed yet.
        </span>
        <button className="primary" disabled={isBusy} onClick={() => void apply()}>
          {missing.length > 0 ? "Open without" : "Open"}
        </button>
      </div>
    </ModalDialog>
  );
}

function Missing({ item }: { item: SessionItem }) {
  const { id, kind, name, told, why } = item;
  const find = useLook((state) => state.findMoved);
  // A sample of another version of the program lies nowhere.
  const isFile = useLook(
    ({ openingSession }) =>
      !openingSession?.session.photographs.some((one) => one.id === id && one.kind === "sample"),
  );
  return (
    <li>
      <strong>{name}</strong> <span className="faint">{kind}, missing</span>
      <p className="note">{why}</p>
      {isFile && (
        <OpenForm
          label={`Where ${name} is now`}
          title="What lay beside it is looked for there as well"
          action="Find"
          initial={told}
          onOpen={(path) => void find({ id, path })}
        />
      )}
    </li>
  );
}
