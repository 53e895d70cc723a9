/** Over what a figure varies: models, steps, probes, layers and images, two of them at most at once. */
import { EngineError } from "../protocol/errors.ts";

export interface Axis<T> {
  /** "model", "image". */
  readonly name: string;
  readonly values: readonly T[];
  /** How each is called in titles. */
  readonly titles: readonly string[];
}

/** One axis' value in one cell. */
type Choice = Readonly<Record<string, number>>;

export interface Cell {
  /** Index into the values of each axis, by its name. */
  readonly at: Choice;
  /** "ViT-S/16, chelsea.jpg": what makes it differ from the other cells. */
  readonly title: string;
}

export interface Arrangement {
  readonly cells: readonly Cell[];
  readonly columns: number | undefined;
  readonly columnTitles: string[] | undefined;
  readonly rowTitles: string[] | undefined;
}

/**
 * @param axes those that are wanted as columns before those that are wanted as rows
 * @param usual title where nothing varies
 * @throws EngineError "option.invalid" where more than two have several values
 */
export function arrange(axes: readonly Axis<unknown>[], usual: string): Arrangement {
  const varying = axes.filter(({ values }) => values.length > 1);
  if (varying.length > 2) {
    const names = varying.map(({ name, values }) => `${values.length} ${name}s`).join(", ");
    throw new EngineError(
      "option.invalid",
      `figure: expected at most two things that vary, one across and one down; received ${names}`,
      { hint: "Name one of each of the others, or make several figures." },
    );
  }
  const [across, down] = varying;
  const cells: Cell[] = [];
  for (let row = 0; row < (down?.values.length ?? 1); row++) {
    for (let column = 0; column < (across?.values.length ?? 1); column++) {
      const at: Record<string, number> = Object.fromEntries(axes.map(({ name }) => [name, 0]));
      if (across) at[across.name] = column;
      if (down) at[down.name] = row;
      const titles = [across?.titles[column], down?.titles[row]].filter(Boolean);
      cells.push({ at, title: titles.length === 0 ? usual : titles.join(", ") });
    }
  }
  const isGrid = across !== undefined && down !== undefined;
  return {
    cells,
    columns: isGrid ? across.values.length : undefined,
    columnTitles: isGrid ? [...across.titles] : undefined,
    rowTitles: isGrid ? [...down.titles] : undefined,
  };
}
