/** The desktop program: joins the window, the engine's process, the menu and the dialogs. */
import { createWriteStream, mkdirSync } from "node:fs";
import path from "node:path";
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  session,
  shell,
  utilityProcess,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
} from "electron";
import type { Channels, EngineState } from "./desktop.ts";
import { askDoctor, diagnostics } from "./diagnostics.ts";
import { nativeDialogs } from "./dialogs.ts";
import { EngineProcess } from "./engine-process.ts";
import { failurePage, startingPage } from "./failure-page.ts";
import { Inbox } from "./inbox.ts";
import { Leaving, partingWords } from "./leaving.ts";
import { menuTemplate } from "./menu.ts";
import { hasSameOrigin, movedAddress } from "./navigation.ts";
import {
  mayAsk,
  openForPage,
  openRecent,
  pageHandlers,
  rememberDropped,
  saveWhole,
  type PageContext,
} from "./page-requests.ts";
import { RecentFiles } from "./recent.ts";
import { locateParts, pathsToOpen, serveOptionsFrom } from "./starting.ts";
import { adaptUtilityProcess } from "./utility-child.ts";
import { guardNavigation, guardPermissions, windowOptions } from "./window.ts";

const parts = locateParts(app.getAppPath());
let window: BrowserWindow | undefined;
let engineUrl: string | undefined;
let isEngineGone = false;

const recent = new RecentFiles(path.join(app.getPath("userData"), "recent.json"), showMenu);
const inbox = new Inbox((opened) => send("opened", opened));

mkdirSync(app.getPath("logs"), { recursive: true });
const log = createWriteStream(path.join(app.getPath("logs"), "engine.log"));
log.on("error", (error) => console.error(`The log cannot be written: ${error.message}`));

/**
 * A utility process and not ELECTRON_RUN_AS_NODE: it needs no fuse that would make the program a
 * Node for everybody, and Chromium ends it with this process.
 */
const launch = (args: readonly string[], environment: Record<string, string>) =>
  adaptUtilityProcess(
    utilityProcess.fork(parts.engine, [...args], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      serviceName: "Gramscope engine",
    }),
  );

const leaving = new Leaving(askAboutRun);

const engine = new EngineProcess({
  entry: parts.engine,
  launch,
  serveOptions: serveOptionsFrom(process.env["GRAMSCOPE_SERVE_OPTIONS"]),
  onState: follow,
  onLine: (line) => log.write(`${line}\n`),
  graceMs: () => leaving.graceMs,
});

const dialogs = nativeDialogs(dialog, () => window);

const context: PageContext = {
  dialogs,
  recent,
  deliver: (...opened) => inbox.deliver(...opened),
  reveal: (folder) => shell.showItemInFolder(folder),
  engineState: () => engine.state,
};

if (app.requestSingleInstanceLock()) run();
else app.quit();

function run(): void {
  app.enableSandbox();
  app.on("second-instance", (_event, argv, workingFolder) => {
    open(pathsToOpen(argv, app.getAppPath(), workingFolder));
    window?.show();
    window?.focus();
  });
  // macOS: dropped on the icon, or opened from the Finder; may come before `ready`.
  app.on("open-file", (event, file) => {
    event.preventDefault();
    open([file]);
  });
  app.on("window-all-closed", () => app.quit());
  app.on("before-quit", (event) => {
    if (isEngineGone) return;
    // The engine first: it never outlives its window.
    event.preventDefault();
    if (!leaving.mayLeave(() => app.quit())) return;
    void engine.stop().finally(() => {
      isEngineGone = true;
      app.quit();
    });
  });
  // `npm start` in a terminal ends with Ctrl-C.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      leaving.agree();
      app.quit();
    });
  }
  open(pathsToOpen(process.argv, app.getAppPath(), process.cwd()));
  app.whenReady().then(openWindow, (error: unknown) => {
    console.error(error);
    app.exit(1);
  });
}

function openWindow(): void {
  const guard = {
    engineUrl: () => engineUrl,
    isFailurePage: () => window?.webContents.getURL().startsWith("data:") ?? false,
    openOutside: (address: string) => void shell.openExternal(address),
    restartEngine: () => void engine.restart(),
  };
  guardPermissions(session.defaultSession, guard);
  app.setAboutPanelOptions({ applicationName: "Gramscope", applicationVersion: app.getVersion() });
  window = new BrowserWindow({
    ...windowOptions(parts.preload, nativeTheme.shouldUseDarkColors),
    icon: parts.icon,
  });
  const { webContents } = window;
  guardNavigation(webContents, guard);
  webContents.on("did-start-navigation", ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) inbox.pageLeft();
  });
  let lastCrash = -Infinity;
  webContents.on("render-process-gone", (_event, { reason }) => {
    if (reason === "clean-exit") return;
    const isAgain = performance.now() - lastCrash < 10_000;
    lastCrash = performance.now();
    if (!isAgain) webContents.reload();
    else
      load(failurePage({ reason: `The page stopped twice: ${reason}`, hint: "", lastWords: [] }));
  });
  window.once("ready-to-show", () => window?.show());
  window.on("close", (event) => {
    if (!leaving.mayLeave(() => window?.close())) event.preventDefault();
  });
  window.on("closed", () => (window = undefined));
  answerPage();
  showMenu();
  load(startingPage);
  engine.start();
}

function answerPage(): void {
  const isAllowed = ({ senderFrame, sender }: IpcMainEvent | IpcMainInvokeEvent) =>
    mayAsk(senderFrame?.url, senderFrame === sender.mainFrame, engineUrl);
  for (const [channel, handler] of Object.entries(pageHandlers(context))) {
    ipcMain.handle(channel, (event, ...values: unknown[]) => {
      if (!isAllowed(event)) throw new Error(`internal: ${channel} is not for this page`);
      return handler(...values);
    });
  }
  const listen = (channel: Channels["send"], listener: (value: unknown) => void) =>
    ipcMain.on(channel, (event, value: unknown) => {
      if (isAllowed(event)) listener(value);
    });
  listen("page-listens", () => inbox.pageListens());
  listen("run-goes", (words) => leaving.setRun(words));
  listen("was-dropped", (file) => void rememberDropped(recent, file));
}

/** The page follows by its own connection; here it is loaded, moved, or replaced by a message. */
function follow(state: EngineState): void {
  send("engine", state);
  // What went in it has ended with it; the page says what goes in the next one.
  if (state.kind === "restarting" || state.kind === "failed") leaving.setRun(undefined);
  if (!window) return;
  const shown = window.webContents.getURL();
  const isPageShown = hasSameOrigin(shown, engineUrl);
  if (state.kind === "running") {
    const isMoved = isPageShown && !hasSameOrigin(shown, state.url);
    if (isMoved) load(movedAddress(shown, state.url));
    else if (!isPageShown) load(state.url);
    engineUrl = state.url;
  } else if (state.kind === "failed") {
    if (isPageShown) void askWhatNow(state);
    else load(failurePage(state));
  }
}

function load(address: string): void {
  // A newer address takes the place of one that is still loading; that is no failure.
  window?.loadURL(address).catch((error: unknown) => console.error(String(error)));
}

/** The page and its view stay as they are, so the message comes before it. */
async function askWhatNow(failure: EngineState & { kind: "failed" }): Promise<void> {
  const { response } = await dialog.showMessageBox(window!, {
    type: "error",
    message: failure.reason,
    detail: [failure.hint, ...failure.lastWords.slice(-8)].join("\n\n"),
    buttons: ["Start the Engine Again", "Export Diagnostics…", "Later"],
    defaultId: 0,
    cancelId: 2,
  });
  if (response === 0) engine.start();
  if (response === 1) await exportDiagnostics();
}

async function askAboutRun(run: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window!, {
    type: "question",
    message: run,
    detail: partingWords(process.platform),
    buttons: ["Stop the Run and Close", "Keep It Running"],
    defaultId: 1,
    cancelId: 1,
  });
  return response === 0;
}

function showMenu(): void {
  if (!app.isReady()) return;
  const actions = {
    openImages: () => void dialogs.chooseImages().then(open),
    openModelFolder: () =>
      void dialogs.chooseFolder().then((folder) => open(folder ? [folder] : [])),
    openSession: () => void dialogs.chooseSession().then((file) => open(file ? [file] : [])),
    openRecent: (file: string) => void openRecent(context, file),
    clearRecent: () => recent.clear(),
    exportDiagnostics: () => void exportDiagnostics(),
    restartEngine: () => void engine.restart(),
    openManual: () => void shell.openPath(parts.manual),
    openOutside: (address: string) => void shell.openExternal(address),
  };
  const template = menuTemplate(actions, recent.list(), process.platform);
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

function open(paths: readonly string[]): void {
  void openForPage(context, paths);
}

function send(channel: Channels["receive"], value: unknown): void {
  window?.webContents.send(channel, value);
}

async function exportDiagnostics(): Promise<void> {
  const file = await dialogs.chooseSave("gramscope-diagnostics.txt");
  if (file === undefined) return;
  try {
    const text = await diagnostics({
      version: app.getVersion(),
      engine: engine.state,
      lastWords: engine.lastWords,
      dataFolder: app.getPath("userData"),
      graphics: app.getGPUFeatureStatus(),
      doctor: await askDoctor(launch),
    });
    await saveWhole(file, text);
    shell.showItemInFolder(file);
  } catch (error) {
    dialog.showErrorBox("The diagnostics could not be written", String(error));
  }
}
