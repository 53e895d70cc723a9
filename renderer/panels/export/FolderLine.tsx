/** Where an export lies: shown in its folder by the window; in a browser, a path to copy. */
import { desktop } from "../../connection/desktop.ts";
import { CopyButton } from "../CopyButton.tsx";

export function FolderLine({ folder }: { folder: string }) {
  const reveal = desktop()?.revealFolder;
  return (
    <div className="verdict-foot folder-line">
      <code className="num">{folder}</code>
      <CopyButton
        label="Copy path"
        title="The path on the engine's machine"
        text={() => folder}
        instead="Select it and copy it by hand."
      />
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
