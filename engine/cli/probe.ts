/** `gramscope probe`: a frozen model measured on labelled data, as a report. */
import { drawCases } from "../case-pictures/draw-cases.ts";
import { probes } from "../evaluation/catalog.ts";
import { probeNames, type ProbeReport, type ReportedNumber } from "../evaluation/probe-report.ts";
import { chooseExecutor, type DeviceChoice } from "../executors/choose.ts";
import type { Executor } from "../executors/executor.ts";
import { runProbeJob } from "../host/probe-job.ts";
import type { RopePrecision } from "../model/rope.ts";
import type { ProbeWish } from "../protocol/measuring.ts";
import { invalid, oneOf } from "./options.ts";
import { terminalProgress } from "./terminal-progress.ts";
import { checkWritable } from "./write-output.ts";
import { checkCasesFolder, reportText, writeReport } from "./write-report.ts";

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
  const wish = wishOf(what, options);
  const { title } = probes[wish.probe];
  const { out, rope } = options;
  if (out !== undefined) {
    await checkWritable(out, [options.model]);
    await checkCasesFolder(out);
  }
  let executor: Executor | undefined;
  try {
    const control = terminalProgress();
    const outcome = await runProbeJob(wish, {
      ...control,
      executor: async () => (executor = (await chooseExecutor(options.device)).executor),
      rope,
    });
    const report =
      out === undefined
        ? outcome.report
        : await writeReport(out, outcome.report, await drawCases(outcome, control.signal));
    if (options.json) process.stdout.write(reportText(report));
    else console.log(formatReport(report, title));
  } finally {
    await executor?.dispose();
  }
}

function wishOf(what: string, options: ProbeVerbOptions): ProbeWish {
  const { model, data, layout, pairs, preset, size, train, test, seed } = options;
  const probe = oneOf("probe", what, probeNames);
  return {
    probe,
    model,
    data,
    layout,
    pairs,
    preset,
    size: size === undefined ? undefined : parseSize(size),
    train,
    test,
    seed,
  };
}

function parseSize(text: string): number | "native" {
  if (text === "native") return text;
  if (/^\d{2,4}$/.test(text)) return Number(text);
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
