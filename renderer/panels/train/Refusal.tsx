/** Why a run could not begin, beside what was pressed; scarce memory may be overruled. */
import type { Refusal as Refused } from "../../store/train-state.ts";
import { useLook } from "../store-context.ts";

export function Refusal(props: {
  isOf: (refusal: Refused) => boolean;
  /** Start it although memory is scarce. */
  insist?: () => void;
}) {
  const refusal = useLook((state) => state.refusal);
  const isBeginning = useLook((state) => state.isBeginning);
  if (!refusal || !props.isOf(refusal)) return null;
  const { message, hint, isMemory } = refusal;
  return (
    <div className="refusal" role="alert">
      <p>{message}</p>
      {hint !== undefined && <p className="faint">{hint}</p>}
      {isMemory && props.insist && (
        <button disabled={isBeginning} onClick={props.insist}>
          Start all the same
        </button>
      )}
    </div>
  );
}
