/** Which steps of the run a clip goes through, and how long each is seen. */
import type { TimelineCheckpoint } from "../../../engine/protocol/timeline.ts";
import { LiveWholeInput } from "../measure/WholeInput.tsx";
import { formatCount } from "../numbers.ts";
import { numbers } from "./figure-form.ts";

/** @param range first and last step; all of them when left out */
export function stepsBetween(
  checkpoints: readonly TimelineCheckpoint[],
  range: readonly [number, number] | undefined,
): number[] {
  const [from, to] = range ?? [-Infinity, Infinity];
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return checkpoints.map(({ step }) => step).filter((step) => step >= low && step <= high);
}

export function ClipRange(props: {
  checkpoints: readonly TimelineCheckpoint[];
  range: readonly [number, number] | undefined;
  setRange: (range: readonly [number, number]) => void;
  frameMs: number;
  setFrameMs: (frameMs: number) => void;
}) {
  const { checkpoints, range, setRange, frameMs, setFrameMs } = props;
  const [from, to] = range ?? [checkpoints[0]!.step, checkpoints.at(-1)!.step];
  const count = stepsBetween(checkpoints, range).length;
  const select = (label: string, value: number, choose: (step: number) => void) => (
    <label className="words">
      {label}
      <select value={value} onChange={({ target }) => choose(Number(target.value))}>
        {checkpoints.map(({ step }) => (
          <option key={step} value={step}>
            step {formatCount(step)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <fieldset className="clip-range">
      <legend>Clip</legend>
      {select("From", from, (step) => setRange([step, to]))}
      {select("To", to, (step) => setRange([from, step]))}
      <LiveWholeInput
        number={numbers.frameMs}
        value={frameMs}
        title="Milliseconds"
        onChange={setFrameMs}
      />
      <span className="faint num">
        {formatCount(count)} frames, {((count * frameMs) / 1000).toFixed(1)} s
      </span>
    </fieldset>
  );
}
