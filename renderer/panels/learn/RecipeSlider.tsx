/** A number of the recipe that is dragged on a card; the recipe's own field shows the same. */
import { Slider } from "../fields.tsx";
import { useLook } from "../store-context.ts";

export function RecipeSlider(props: {
  label: string;
  /** Of the setting. */
  name: string;
  /** From low to high. */
  values: readonly number[];
}) {
  const { label, name, values } = props;
  const recipe = useLook((state) => state.recipe);
  const setRecipe = useLook((state) => state.setRecipe);
  const value = recipe[name];
  const at = typeof value === "number" ? nearest(values, value) : 0;
  return (
    <div data-light="weight">
      <Slider
        label={label}
        value={at}
        min={0}
        max={values.length - 1}
        shown={typeof value === "number" ? String(value) : "not in this recipe"}
        onChange={(index) => setRecipe({ ...recipe, [name]: values[index]! })}
      />
    </div>
  );
}

/** Index of the value that is nearest. */
function nearest(values: readonly number[], to: number): number {
  const distances = values.map((value) => Math.abs(value - to));
  return distances.indexOf(Math.min(...distances));
}
