/** What the program is told when it starts: where its parts lie, what to open, what the engine gets. */
import path from "node:path";

export interface Parts {
  /** dist/engine/main.js, where a plain process can run it. */
  readonly engine: string;
  readonly preload: string;
  readonly icon: string;
  readonly manual: string;
}

/**
 * @param appPath Electron's app.getAppPath(): the checkout, or .../resources/app.asar. The engine
 *   maps files by their path, so all that it touches lies beside the archive, unpacked.
 */
export function locateParts(appPath: string): Parts {
  const outside = appPath.replace(/app\.asar$/, "app.asar.unpacked");
  return {
    engine: path.join(outside, "dist/engine/main.js"),
    preload: path.join(appPath, "dist/electron/preload.cjs"),
    icon: path.join(outside, "assets/icons/icon.png"),
    manual: path.join(outside, "README.md"),
  };
}

/**
 * Files and folders named on the command line, absolute. In a checkout the first of them is the
 * checkout, which Electron was told to run; Chromium may put switches of its own anywhere.
 */
export function pathsToOpen(
  argv: readonly string[],
  appPath: string,
  workingFolder: string,
): string[] {
  return argv
    .slice(1)
    .filter((argument) => argument !== "" && !argument.startsWith("-"))
    .map((argument) => path.resolve(workingFolder, argument))
    .filter((file) => file !== appPath);
}

/**
 * What `npm start -- --device cpu` hands through, by the environment: on its command line Chromium
 * would look for switches of its own.
 */
export function serveOptionsFrom(text: string | undefined): string[] {
  if (text === undefined) return [];
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw new Error(`internal: GRAMSCOPE_SERVE_OPTIONS is no list of words: ${text}`);
}
