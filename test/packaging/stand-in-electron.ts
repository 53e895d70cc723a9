/** A folder that electron-builder takes for an unpacked Electron for Linux, without a line of it. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Before the fuses in every Electron program; electron/fuses calls it the sentinel. */
const sentinel = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
/** Version 1, eight fuses, as Electron ships them. */
const fuseWire = Buffer.concat([Buffer.from([1, 8]), Buffer.from("10110001")]);

/** @returns the same folder */
export function writeStandInElectron(folder: string): string {
  const write = (name: string, content: string | Buffer) => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  write(
    "electron",
    Buffer.concat([Buffer.from("\u007fELF stand-in "), Buffer.from(sentinel), fuseWire]),
  );
  chmodSync(join(folder, "electron"), 0o755);
  write("version", "45.4.1");
  write("LICENSE", "Electron's licence stands here");
  write("LICENSES.chromium.html", "Chromium's licences stand here");
  write("locales/en-US.pak", "");
  write("resources/default_app.asar", "Electron's demonstration program");
  return folder;
}
