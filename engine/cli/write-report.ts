/** A probe's report with the pictures of its cases in a folder beside it: both whole, or neither. */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CasePictureFile } from "../case-pictures/draw-cases.ts";
import type { ProbeReport } from "../evaluation/probe-report.ts";
import { diskRefusal } from "../files/disk-refusal.ts";
import { temporaryName } from "../files/durable.ts";
import { EngineError } from "../protocol/errors.ts";

/** Names of drawCases. A folder with others is not ours to replace. */
const ownName = /^(best|median|worst)-\d+\.png$/;

/** "report-cases" for "report.json". */
export function casesFolder(out: string): string {
  const { dir, name } = path.parse(path.resolve(out));
  return path.join(dir, `${name}-cases`);
}

/**
 * Before the work: a folder of pictures from an earlier time is replaced, anything else is not.
 * @throws EngineError "path.unwritable"
 */
export async function checkCasesFolder(out: string): Promise<void> {
  const folder = casesFolder(out);
  const refuse = (problem: string) =>
    new EngineError(
      "path.unwritable",
      `${folder}: expected a place for the pictures of the cases, ${problem}`,
      { hint: "Choose another name with --out, or move away what is there." },
    );
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw refuse("there is something else");
  }
  const stranger = names.find((name) => !ownName.test(name));
  if (stranger !== undefined) throw refuse(`there is a folder that holds ${stranger}`);
}

export function reportText(report: ProbeReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/**
 * @returns the report as it was written, with the paths and captions of the pictures
 * @throws EngineError "path.unwritable", "disk.full"; what was there before is still there then
 */
export async function writeReport(
  out: string,
  report: ProbeReport,
  pictures: readonly CasePictureFile[],
): Promise<ProbeReport> {
  const file = path.resolve(out);
  const folder = casesFolder(out);
  const newFile = temporaryName(file);
  const newFolder = temporaryName(folder);
  const oldFolder = temporaryName(folder);
  const whole: ProbeReport = {
    ...report,
    cases: report.cases.map((own, i) => {
      const picture = pictures.find((one) => one.case === i);
      if (!picture) return own;
      const { name, caption } = picture;
      return { ...own, picture: `${path.basename(folder)}/${name}`, caption };
    }),
  };
  let [isMovedAway, isInPlace] = [false, false];
  try {
    await mkdir(newFolder);
    for (const { name, png } of pictures) await writeFile(path.join(newFolder, name), png);
    await writeFile(newFile, reportText(whole), { flag: "wx" });
    isMovedAway = await moveIfThere(folder, oldFolder);
    await rename(newFolder, folder);
    isInPlace = true;
    await rename(newFile, file);
  } catch (error) {
    if (isInPlace) await rm(folder, { recursive: true, force: true });
    if (isMovedAway) await moveIfThere(oldFolder, folder);
    await rm(newFolder, { recursive: true, force: true });
    await rm(newFile, { force: true });
    throw diskRefusal(out, error, {
      unwritable: "Check that the folder can be written to and nothing of it is open elsewhere.",
    });
  }
  await rm(oldFolder, { recursive: true, force: true });
  return whole;
}

async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
