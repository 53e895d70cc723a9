/** The weight of the Gram loss, dragged: of the run that goes on, or of the recipe where none does. */
import { gramWeightOf } from "../../store/run-weight.ts";
import { Slider } from "../fields.tsx";
import { useLook } from "../store-context.ts";

/** Weights that a slider stops at; 2 is the paper's (dinov3.md C.7). */
const stops = [0, 0.01, 0.03, 0.1, 0.3, 1, 2, 3, 10, 30, 100];

export function GramWeightSlider() {
  const { weight, isLive } = useGramWeight();
  const set = useLook((state) => state.setGramWeight);
  return (
    <div data-light="weight">
      <Slider
        label={isLive ? "Gram weight of this run" : "Gram weight"}
        title={
          isLive
            ? "Holds from the next step on; the log and the timeline keep when it was set"
            : "Of the recipe"
        }
        value={weight === undefined ? 0 : nearestStop(weight)}
        min={0}
        max={stops.length - 1}
        shown={weight === undefined ? "not in this recipe" : String(weight)}
        onChange={(index) => set(stops[index]!)}
      />
    </div>
  );
}

function useGramWeight() {
  const weight = useLook((state) => gramWeightOf(state).weight);
  const isLive = useLook((state) => gramWeightOf(state).isLive);
  return { weight, isLive };
}

function nearestStop(to: number): number {
  const distances = stops.map((stop) => Math.abs(stop - to));
  return distances.indexOf(Math.min(...distances));
}
