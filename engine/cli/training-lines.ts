/** A run told on a terminal: a line that redraws itself, or one line now and then where it cannot. */
import type { RunEvent } from "../train/events.ts";
import type { TrainingRun } from "../train/run.ts";

/** Without a terminal, a line this often, in milliseconds. */
const quietMs = 10_000;

const shownTerms = ["dino_global", "dino_local", "ibot", "koleo", "gram"] as const;

export function trainingLines(
  run: Pick<TrainingRun, "steps" | "done">,
  out: NodeJS.WriteStream,
): (event: RunEvent) => void {
  const first = run.done;
  const started = performance.now();
  let lastLine = -Infinity;
  const line = (text: string) => out.write(out.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  return (event) => {
    switch (event.kind) {
      case "note":
        line(event.text);
        return;
      case "phase":
        line(event.phase === "heads" ? `Warming up the heads, ${event.steps} steps` : "Training");
        return;
      case "checkpoint":
        line(`Checkpoint ${event.folder}`);
        return;
      case "gramRefresh":
        line(`The Gram teacher is now the EMA teacher of step ${event.step}`);
        return;
      case "snapshot":
      case "batch":
      case "assignments":
        return;
      case "step": {
        const now = performance.now();
        const { step } = event.metrics;
        if (!out.isTTY && now - lastLine < quietMs && step !== run.steps) return;
        lastLine = now;
        const perStep = (now - started) / Math.max(1, step - first);
        const text = stepLine(event, run.steps, perStep * (run.steps - step));
        out.write(out.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
        if (out.isTTY && step === run.steps) out.write("\n");
      }
    }
  };
}

function stepLine(
  { student, metrics }: RunEvent & { kind: "step" },
  steps: number,
  remainingMs: number,
): string {
  const number = (name: string) => metrics[name];
  const terms = shownTerms.flatMap((name) => {
    const value = number(name);
    return value === undefined ? [] : [`${name} ${value.toPrecision(4)}`];
  });
  return [
    `${student === "" ? "" : `${student} `}step ${metrics.step}/${steps}`,
    `loss ${number("loss")!.toPrecision(5)}`,
    ...terms,
    `${number("images_per_s")!.toPrecision(3)} images/s`,
    `${duration(remainingMs)} left`,
  ].join("  ");
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
