/** The dialogs that any page can open: palette, paths, keys, settings; each loaded when it is opened. */
import { lazy } from "react";
import type { DialogName } from "../../store/dialog-state.ts";
import { ModalDialog } from "../ModalDialog.tsx";
import { useLook, useLookStore } from "../store-context.ts";

const Palette = lazy(async () => ({ default: (await import("./Palette.tsx")).Palette }));
const OpenPath = lazy(async () => ({ default: (await import("./OpenPath.tsx")).OpenPath }));
const KeysSheet = lazy(async () => ({ default: (await import("./KeysSheet.tsx")).KeysSheet }));
const SettingsForm = lazy(async () => ({
  default: (await import("./SettingsForm.tsx")).SettingsForm,
}));

export function Dialogs() {
  const store = useLookStore();
  const dialog = useLook((state) => state.dialog);
  const closing = (name: DialogName) => () => {
    if (store.getState().dialog === name) store.getState().openDialog(undefined);
  };
  const modal = (name: DialogName, label: string, className: string) => ({
    isOpen: dialog === name,
    label,
    className,
    onClose: closing(name),
  });
  return (
    <>
      <ModalDialog {...modal("palette", "Find an action", "palette")}>
        <Palette />
      </ModalDialog>
      <ModalDialog {...modal("open-run", "Open a run", "palette")}>
        <OpenPath kind="run" />
      </ModalDialog>
      <ModalDialog {...modal("open-model", "Open a model", "palette")}>
        <OpenPath kind="model" />
      </ModalDialog>
      <ModalDialog {...modal("keys", "Keyboard", "sheet")}>
        <KeysSheet close={closing("keys")} />
      </ModalDialog>
      <ModalDialog {...modal("settings", "Settings", "sheet settings")}>
        <SettingsForm close={closing("settings")} />
      </ModalDialog>
    </>
  );
}
