/** `gramscope probe`: a frozen model measured on labelled data, as a report. */
import { layoutNames, openLabels } from "../labels/open-labels.ts";
import type { LabelledSet, Task } from "../labels/labelled.ts";
import { probes, type CataloguedProbe } from "../evaluation/catalog.ts";
import { freeze } from "../evaluation/frozen-backbone.ts";
import type { InputSize } from "../evaluation/input-size.ts";
import { probeNames, type ProbeReport, type ReportedNumber } from "../evaluation/probe-report.ts";
import { PreparedPrograms } from "../evaluation/similarity.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { RopePrecision } from "../model/rope.ts";
import { sceneSet } from "../scenes/scene-sets.ts";
import { openModelFiles } from "../weights/open-model.ts";
import { invalid, oneOf } from "./options.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { checkWritable, writeOutput } from "./write-output.ts";

export interface ProbeVerbOptions {
  readonly model: string;
  /** A folder, or "scenes". */
  readonly data: string;
  readonly layout?: string;
  readonly pairs?: "views" | "instances";
  readonly preset?: string;
  /** "native", or the side of a square. */
  readonly size?: string;
  readonly train?: number;
  readonly test?: number;
  readonly seed: number;
  readonly out?: string;
  readonly device: DeviceChoice;
  readonly rope: RopePrecision;
  readonly json?: true;
}

export async function runProbe(what: string, options: ProbeVerbOptions): Promise<void> {
  const name = oneOf("probe", what, probeNames);
  const probe: CataloguedProbe = probes[name];
  const areScenes = options.data === "scenes";
  const preset =
    options.preset === undefined
      ? areScenes
        ? probe.scenes.preset
        : probe.preset
      : oneOf("--preset", options.preset, probe.presets);
  const size =
    options.size === undefined
      ? areScenes
        ? probe.scenes.size
        : undefined
      : parseSize(options.size);
  if (options.out !== undefined) await checkWritable(options.out, [options.model]);
  const { signal, progress } = terminalProgress();
  const set = areScenes
    ? sceneSet(probe.task, { ...probe.scenes.set, ...chosen(options), seed: options.seed })
    : await openFolder(probe.task, options, signal);
  const files = await openModelFiles(options.model);
  const { executor } = await chooseExecutor(options.device);
  const programs = new PreparedPrograms(executor);
  const backbone = await freeze(files, executor, { rope: options.rope });
  try {
    const measuring = {
      backbone,
      programs,
      signal,
      progress: (done: number, total: number) => progress(done / total, probe.title),
    };
    const { report } = await probe.measure(set, measuring, { preset, seed: options.seed, size });
    const json = `${JSON.stringify(report, undefined, 2)}\n`;
    if (options.out !== undefined) await writeOutput(options.out, json);
    if (options.json) process.stdout.write(json);
    else console.log(formatReport(report, probe.title));
  } finally {
    await programs.dispose();
    await backbone.dispose();
    await executor.dispose();
  }
}

function chosen({ train, test, pairs }: ProbeVerbOptions) {
  return {
    ...(train === undefined ? {} : { train }),
    ...(test === undefined ? {} : { test }),
    ...(pairs === undefined ? {} : { pairs }),
  };
}

function openFolder<T extends Task>(
  task: T,
  { data, layout }: ProbeVerbOptions,
  signal: AbortSignal,
): Promise<LabelledSet<T>> {
  return openLabels(data, task, {
    layout: layout === undefined ? undefined : oneOf("--layout", layout, layoutNames),
    signal,
  });
}

function parseSize(text: string): InputSize {
  if (text === "native") return { kind: "native" };
  if (/^\d{2,4}$/.test(text)) return { kind: "square", side: Number(text) };
  throw invalid("--size", 'native, or the side of a square such as "448"', text);
}

/** For people. */
function formatReport({ model, data, numbers, cases, preset, seed }: ProbeReport, title: string) {
  const width = Math.max(...numbers.map(({ name }) => name.length));
  const line = (number: ReportedNumber) => {
    const { name, low, high } = number;
    const interval =
      low === undefined || high === undefined
        ? ""
        : `   95 %: ${shown(low, number)} to ${shown(high, number)}`;
    return `${name.padEnd(width)}  ${shown(number.value, number).padStart(8)}${interval}`;
  };
  const [first] = numbers;
  const named = cases.map(
    ({ place, name, score }) => `${place.padEnd(6)}  ${shown(score, first!)}  ${name}`,
  );
  return [
    `${title}, preset ${preset}, seed ${seed}: ${model.name}`,
    data.description,
    "",
    ...numbers.map(line),
    "",
    ...named,
  ].join("\n");
}

function shown(value: number, { unit }: Pick<ReportedNumber, "unit">): string {
  if (unit === "fraction") return `${(100 * value).toFixed(1)} %`;
  if (unit === "metres") return `${value.toFixed(3)} m`;
  return unit === "pixels" ? `${value.toFixed(1)} px` : value.toFixed(4);
}
