/** In place of a checkpoint that is not ready: which one is coming, or why it does not. */
import { formatCount } from "../numbers.ts";
import { useLook } from "../store-context.ts";

export function Waiting() {
  const at = useLook((state) => state.timeline?.at);
  const problem = useLook(({ timeline }) => timeline?.broken.get(timeline.at ?? -1));
  const isLost = useLook((state) => state.connection.kind !== "open");
  if (at === undefined) return null;
  return (
    <div className={problem ? "wait broken" : "wait"} role="status">
      <strong>step {formatCount(at)}</strong>
      {problem ? (
        <p>
          {problem.message}
          {problem.hint !== undefined && <span className="faint"> {problem.hint}</span>}
        </p>
      ) : (
        <>
          <span className="faint">{isLost ? "waits for the engine" : "is being computed"}</span>
          <i aria-hidden="true" />
        </>
      )}
    </div>
  );
}
