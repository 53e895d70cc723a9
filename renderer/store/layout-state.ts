/** Which page is open and how the window is arranged: the shape of it. */

export interface Layout {
  /** Panes beside or under each other. */
  readonly direction: "across" | "down";
  /** The second pane comes first. */
  readonly isSwapped: boolean;
  /** The panels at the sides. */
  readonly left: boolean;
  readonly right: boolean;
  /** The Gram matrix stays open beside whatever is looked at. */
  readonly gram: boolean;
  /** Percent of the stage for each pane, by which panes there are. */
  readonly sizes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const pages = ["look", "train", "measure", "export", "learn"] as const;
export type Page = (typeof pages)[number];

export interface LayoutState {
  readonly page: Page;
  setPage(page: Page): void;
  readonly layout: Layout;
  setLayout(change: Partial<Layout>): void;
}
