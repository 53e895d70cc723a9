/** Where an export lies: shown in its folder by the window; in a browser, a path to copy. */
import { desktop } from "../../connection/desktop.ts";
import { useLook } from "../store-context.ts";

export function FolderLine({ folder }: { folder: string }) {
  const notify = useLook((state) => state.notify);
  const reveal = desktop()?.revealFolder;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(folder);
    } catch {
      notify(
        "note",
        "The browser did not let the path be copied.",
        "Select it and copy it by hand.",
      );
    }
  };
  return (
    <div className="verdict-foot folder-line">
      <code className="num">{folder}</code>
      <button title="The path on the engine's machine" onClick={() => void copy()}>
        Copy path
      </button>
      {reveal && (
        <button
          onClick={() => void reveal(folder)}
          title="Where the files of this machine are shown"
        >
          Show in folder
        </button>
      )}
    </div>
  );
}
