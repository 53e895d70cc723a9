/** The one window: sandboxed, isolated, held to the engine's page. Electron's own parts are handed in. */
import type { BrowserWindowConstructorOptions, Session, WebContents } from "electron";
import { judgeNavigation, judgeOutside } from "./navigation.ts";
import { mayUse } from "./permissions.ts";

/** @param preload absolute path of the built preload script */
export function windowOptions(preload: string, isDark: boolean): BrowserWindowConstructorOptions {
  return {
    title: "Gramscope",
    width: 1440,
    height: 900,
    minWidth: 720,
    minHeight: 480,
    // Shown when there is something to see; this colour is what shows through before.
    show: false,
    backgroundColor: isDark ? "#16181c" : "#f6f6f4",
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  };
}

export interface WindowGuard {
  /** Of the running engine; changes when it must move to another port. */
  engineUrl(): string | undefined;
  isFailurePage(): boolean;
  openOutside(address: string): void;
  restartEngine(): void;
}

/** Hold a page to the rules of navigation.ts, however it tries to leave. */
export function guardNavigation(contents: WebContents, guard: WindowGuard): void {
  const decide = (event: { preventDefault(): void; readonly url: string }) => {
    const verdict = judgeNavigation(event.url, guard.engineUrl(), guard.isFailurePage());
    if (verdict === "stay") return;
    event.preventDefault();
    if (verdict === "outside") guard.openOutside(event.url);
    if (verdict === "restart") guard.restartEngine();
  };
  // The first is about frames of every depth, the second about what a server answers.
  contents.on("will-frame-navigate", decide);
  contents.on("will-redirect", decide);
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (judgeOutside(url) === "outside") guard.openOutside(url);
    return { action: "deny" };
  });
}

type Permissions = Pick<
  Session,
  "setPermissionRequestHandler" | "setPermissionCheckHandler" | "setDevicePermissionHandler"
>;

/** Hold every page of a session to the rules of permissions.ts. */
export function guardPermissions(
  session: Permissions,
  guard: Pick<WindowGuard, "engineUrl">,
): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    answer(mayUse(permission, details.requestingUrl, details.isMainFrame, guard.engineUrl()));
  });
  session.setPermissionCheckHandler((_contents, permission, origin, details) =>
    mayUse(permission, origin, details.isMainFrame, guard.engineUrl()),
  );
  session.setDevicePermissionHandler(() => false);
}
