/** The window's preferences, and that the rules hold however a page tries to leave or to ask. */
import { EventEmitter } from "node:events";
import type { WebContents } from "electron";
import { expect, test } from "vitest";
import { guardNavigation, guardPermissions, windowOptions } from "../../electron/window.ts";
import { restartAddress } from "../../electron/navigation.ts";

const engineUrl = "http://127.0.0.1:4747/?token=secret";

test("the page is sandboxed, isolated and without Node", () => {
  expect(windowOptions("/preload.cjs", true).webPreferences).toEqual({
    preload: "/preload.cjs",
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
  });
});

test.each(["will-frame-navigate", "will-redirect"])("%s is held to the rules", (event) => {
  const { contents, done } = guarded();
  const stopped: string[] = [];
  for (const url of [engineUrl, "https://arxiv.org/", "file:///etc/passwd", restartAddress]) {
    contents.emit(event, { url, preventDefault: () => stopped.push(url) });
  }
  expect({ stopped, done }).toEqual({
    stopped: ["https://arxiv.org/", "file:///etc/passwd", restartAddress],
    done: ["outside https://arxiv.org/"],
  });
});

test("the button of the message starts the engine again", () => {
  const { contents, done } = guarded(true);
  contents.emit("will-frame-navigate", { url: restartAddress, preventDefault() {} });
  expect(done).toEqual(["restart"]);
});

test("no window opens; a web page goes to the browser, a webview is refused", () => {
  const { contents, done, openWindow } = guarded();
  expect(openWindow("https://arxiv.org/")).toEqual({ action: "deny" });
  expect(openWindow("file:///etc/passwd")).toEqual({ action: "deny" });
  let isStopped = false;
  contents.emit("will-attach-webview", { preventDefault: () => (isStopped = true) });
  expect({ done, isStopped }).toEqual({ done: ["outside https://arxiv.org/"], isStopped: true });
});

test("requests and checks of permissions get the same answer, and no device is given", () => {
  const set: Record<string, (...values: never[]) => unknown> = {};
  const take = (_target: object, name: string) => (handler: (typeof set)[string]) =>
    (set[name] = handler);
  guardPermissions(new Proxy({}, { get: take }) as Parameters<typeof guardPermissions>[0], {
    engineUrl: () => engineUrl,
  });
  const request = set["setPermissionRequestHandler"] as unknown as Ask;
  const check = set["setPermissionCheckHandler"] as unknown as Check;
  const answers = ["clipboard-read", "media"].map((permission) => {
    let isGranted: boolean | undefined;
    const details = { requestingUrl: engineUrl, isMainFrame: true };
    request(undefined, permission, (granted) => (isGranted = granted), details);
    return [isGranted, check(undefined, permission, "http://127.0.0.1:4747", details)];
  });
  expect(answers).toEqual([
    [true, true],
    [false, false],
  ]);
  expect(set["setDevicePermissionHandler"]!()).toBe(false);
});

interface Details {
  readonly requestingUrl: string;
  readonly isMainFrame: boolean;
}
type Ask = (from: undefined, name: string, answer: (is: boolean) => void, more: Details) => void;
type Check = (from: undefined, name: string, origin: string, more: Details) => boolean;

function guarded(isFailurePage = false) {
  const done: string[] = [];
  let handler: ((details: { url: string }) => unknown) | undefined;
  const contents = Object.assign(new EventEmitter(), {
    setWindowOpenHandler: (given: typeof handler) => (handler = given),
  });
  guardNavigation(contents as unknown as WebContents, {
    engineUrl: () => engineUrl,
    isFailurePage: () => isFailurePage,
    openOutside: (address) => done.push(`outside ${address}`),
    restartEngine: () => done.push("restart"),
  });
  return { contents, done, openWindow: (url: string) => handler!({ url }) };
}
