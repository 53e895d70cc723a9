/** The first cell of a grid is the main pane: it is brought to show what the cell says, as part of the grid's one step. */
import type { Look } from "../../store/look.ts";
import type { OwnParts } from "../../store/panes-state.ts";

export async function showFirstCell(state: Look, cell: OwnParts): Promise<void> {
  const { photograph, model, view } = cell;
  if (Object.keys(view).length > 0) state.adjustView(view);
  if (photograph !== undefined) await state.quietly(() => state.choose(photograph));
  const step = state.timeline?.checkpoints.find(({ path }) => path === model)?.step;
  if (step !== undefined) state.quietly(() => state.goTo(step));
  else if (model !== undefined && model !== state.modelPath) {
    await state.quietly(() => state.openModel(model));
  }
}
