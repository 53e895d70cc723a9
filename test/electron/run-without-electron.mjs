/**
 * Runs the built main process in plain Node: `node run-without-electron.mjs MAIN.cjs APP_FOLDER DATA`.
 * Electron's calls are stand-ins that tell the parent what was asked of them and do what it says;
 * the engine is the real one, in a plain process. The parent sends `{ do, ... }`.
 */
import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createRequire, Module } from "node:module";

const [main, appFolder, dataFolder] = process.argv.slice(2);
process.argv = ["electron", appFolder, ...process.argv.slice(5)];
const tell = (what, value) => process.connected && process.send({ what, value });

let shown = "";
/** Which button of a message box is pressed. */
let boxAnswer = 0;
const handlers = {};
const listeners = new EventEmitter();
const mainFrame = {
  get url() {
    return shown;
  },
};
const webContents = Object.assign(new EventEmitter(), {
  mainFrame,
  getURL: () => shown,
  send: (channel, value) => tell(`to page: ${channel}`, value),
  setWindowOpenHandler() {},
  reload() {},
});

class BrowserWindow extends EventEmitter {
  constructor(options) {
    super();
    this.webContents = webContents;
    tell("window", options.webPreferences);
    electron.window = this;
    setImmediate(() => this.emit("ready-to-show"));
  }
  async loadURL(address) {
    webContents.emit("did-start-navigation", { isMainFrame: true, isSameDocument: false });
    shown = address;
    tell("load", address);
  }
  close() {
    let isHeldBack = false;
    this.emit("close", { preventDefault: () => (isHeldBack = true) });
    if (isHeldBack) return;
    this.emit("closed");
    app.emit("window-all-closed");
  }
  show() {
    tell("show");
  }
  focus() {}
}

const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  isReady: () => true,
  whenReady: async () => {},
  getAppPath: () => appFolder,
  getPath: (name) => `${dataFolder}/${name}`,
  getVersion: () => "0.0.0",
  getGPUFeatureStatus: () => ({ webgl: "enabled" }),
  enableSandbox: () => tell("sandbox"),
  requestSingleInstanceLock: () => true,
  setAboutPanelOptions() {},
  exit: (code) => process.exit(code),
  quit() {
    let isStopped = false;
    app.emit("before-quit", { preventDefault: () => (isStopped = true) });
    if (!isStopped) process.exit(0);
  },
});

const electron = {
  app,
  BrowserWindow,
  dialog: {
    showMessageBox: async (_window, box) => {
      tell("message", box.message);
      return { response: boxAnswer };
    },
    showSaveDialog: async () => ({ canceled: false, filePath: `${dataFolder}/saved.txt` }),
    showErrorBox: (title, text) => tell("error", `${title}: ${text}`),
  },
  ipcMain: {
    handle: (channel, handler) => (handlers[channel] = handler),
    on: (channel, listener) => listeners.on(channel, listener),
  },
  Menu: {
    buildFromTemplate: (template) => template,
    setApplicationMenu: (template) => (electron.menu = template),
  },
  nativeTheme: { shouldUseDarkColors: false },
  session: { defaultSession: new Proxy({}, { get: () => () => {} }) },
  shell: {
    openExternal: async (address) => tell("outside", address),
    openPath: async (file) => tell("open path", file),
    showItemInFolder: (file) => tell("saved", file),
  },
  utilityProcess: {
    fork(entry, args, { env }) {
      // As in Electron: the engine sees that it runs there.
      const electronVersion = `Object.defineProperty(process, "versions",
        { value: { ...process.versions, electron: "45.4.1" } });`;
      const like = ["--import", `data:text/javascript,${encodeURIComponent(electronVersion)}`];
      const child = spawn(process.execPath, [...like, entry, ...args], {
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      tell("engine", child.pid);
      const utility = Object.assign(new EventEmitter(), {
        pid: child.pid,
        stdout: child.stdout,
        stderr: child.stderr,
        kill: () => child.kill(),
      });
      child.once("close", (code, signal) => {
        utility.pid = undefined;
        utility.emit("exit", code ?? (signal === "SIGKILL" ? 9 : 15));
      });
      return utility;
    },
  },
};

process.on("message", async ({ do: deed, channel, values = [], from, path, response = 0 }) => {
  const event = { senderFrame: from ? { url: from } : mainFrame, sender: webContents };
  boxAnswer = response;
  if (deed === "quit") app.quit();
  if (deed === "close") electron.window.close();
  if (deed === "send") listeners.emit(channel, event, ...values);
  if (deed === "invoke") {
    try {
      tell("answer", await handlers[channel](event, ...values));
    } catch (error) {
      tell("answer", { error: error.message });
    }
  }
  if (deed === "menu") {
    const entry = path.reduce(
      (menu, label) =>
        menu.find((one) => one.label === label).submenu ?? menu.find((one) => one.label === label),
      electron.menu,
    );
    entry.click();
  }
});

const load = Module._load;
Module._load = (request, ...rest) => (request === "electron" ? electron : load(request, ...rest));
createRequire(import.meta.url)(main);
