/** The page for training as a person has it in front of them: its settings, its run, its figures. */
import type { Locator, Page } from "playwright-core";

/** A recipe that takes a step in a twentieth of a second: settings by their titles. */
const tiny: readonly (readonly [title: string, value: number])[] = [
  ["Batch size", 2],
  ["Global size", 32],
  ["Local size", 16],
  ["Local crops", 2],
  ["DINO prototypes", 32],
  ["DINO hidden", 32],
  ["iBOT prototypes", 32],
  ["iBOT hidden", 32],
  ["Warmup steps", 2],
  ["Watch every", 2],
  ["Watch size", 32],
];
const tinyModel = { Width: 32, Depth: 2, Heads: 2, Hidden: 64, Patch: 8 };

export class TrainPage {
  readonly recipe: Locator;
  readonly newRun: Locator;
  /** State, folder and buttons of the engine's run. */
  readonly run: Locator;
  readonly figures: Locator;
  readonly watch: Locator;
  readonly batch: Locator;
  readonly assignments: Locator;

  constructor(readonly page: Page) {
    const region = (name: string) => page.getByRole("region", { name, exact: true });
    this.recipe = region("Recipe");
    this.newRun = region("New run");
    this.run = region("Run");
    this.figures = region("Step in figures");
    this.watch = region("Watched photographs");
    this.batch = region("Batch");
    this.assignments = region("Teacher's assignments");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** The input of a setting, found as a person finds it. */
  async setting(title: string): Promise<Locator> {
    await this.page.getByRole("searchbox", { name: "Search settings" }).fill(title);
    return this.recipe.getByLabel(title, { exact: true });
  }

  async change(settings: Readonly<Record<string, number>>): Promise<void> {
    for (const [title, value] of Object.entries(settings)) {
      await (await this.setting(title)).fill(String(value));
    }
    await this.page.getByRole("searchbox", { name: "Search settings" }).fill("");
  }

  async makeTiny(settings: Readonly<Record<string, number>>): Promise<void> {
    await (await this.setting("Model")).selectOption({ label: "written out…" });
    for (const [title, value] of Object.entries(tinyModel)) {
      await this.recipe.getByLabel(title, { exact: true }).fill(String(value));
    }
    await this.change({ ...Object.fromEntries(tiny), ...settings });
  }

  folder(): Locator {
    return this.page.getByLabel("Folder of the run");
  }

  chart(title: string): Locator {
    return this.page.getByRole("figure", { name: title });
  }

  /** Steps that are done, as the page says it. */
  async step(): Promise<number> {
    const text = await this.figures.locator(".metrics-step").innerText();
    return Number(text.replace(/ of .*|,/g, ""));
  }

  /** What is drawn of the watched photograph, as numbers. */
  mapPixels(): Promise<string> {
    return this.watch.locator(".watch-map canvas").evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d")!;
      return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
    });
  }
}
