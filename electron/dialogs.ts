/** The system's own dialogs, over the window. */
import type { BrowserWindow, Dialog } from "electron";
import { imageExtensions } from "./opening.ts";
import type { Dialogs } from "./page-requests.ts";

export function nativeDialogs(dialog: Dialog, over: () => BrowserWindow | undefined): Dialogs {
  return {
    async chooseImages() {
      const { filePaths } = await dialog.showOpenDialog(over()!, {
        title: "Open images",
        properties: ["openFile", "multiSelections"],
        filters: [
          { name: "Photographs", extensions: [...imageExtensions] },
          { name: "All files", extensions: ["*"] },
        ],
      });
      return filePaths;
    },
    async chooseFolder() {
      const { filePaths } = await dialog.showOpenDialog(over()!, {
        title: "Open a model's folder",
        properties: ["openDirectory"],
      });
      return filePaths[0];
    },
    async chooseSession() {
      const { filePaths } = await dialog.showOpenDialog(over()!, {
        title: "Open a session",
        properties: ["openFile"],
        filters: [
          { name: "Sessions", extensions: ["gramscope.json", "json"] },
          { name: "All files", extensions: ["*"] },
        ],
      });
      return filePaths[0];
    },
    async chooseSave(name) {
      const { canceled, filePath } = await dialog.showSaveDialog(over()!, { defaultPath: name });
      return canceled || filePath === "" ? undefined : filePath;
    },
  };
}
