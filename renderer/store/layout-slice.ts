/** Which page is open, and how the window is arranged: which panels are open and how the panes lie; kept from day to day. */
import type { Layout, LayoutState } from "./layout-state.ts";
import type { Slice } from "./look.ts";

export const defaultLayout: Layout = {
  direction: "across",
  isSwapped: false,
  left: true,
  right: true,
  gram: false,
  sizes: {},
};

export const layoutSlice: Slice<LayoutState> = (set, get) => ({
  page: "look",
  setPage(page) {
    set({ page });
  },
  layout: defaultLayout,
  setLayout(change) {
    const keys = Object.keys(change);
    if (keys.some((key) => key !== "sizes")) get().record(`layout ${keys.sort().join(" ")}`);
    set({ layout: { ...get().layout, ...change } });
  },
});

/** @param text what was kept; spoilt or from another version, its readable parts count */
export function readLayout(text: string | null): Layout {
  const kept = parsed(text);
  const flag = (name: "isSwapped" | "left" | "right" | "gram") =>
    typeof kept[name] === "boolean" ? kept[name] : defaultLayout[name];
  return {
    direction: kept["direction"] === "down" ? "down" : "across",
    isSwapped: flag("isSwapped"),
    left: flag("left"),
    right: flag("right"),
    gram: flag("gram"),
    sizes: readSizes(kept["sizes"]),
  };
}

function readSizes(value: unknown): Layout["sizes"] {
  const sizes: Record<string, Record<string, number>> = {};
  for (const [panes, shares] of Object.entries(record(value))) {
    const entries = Object.entries(record(shares));
    const isWhole = entries.every(([, share]) => typeof share === "number" && share > 0);
    if (isWhole) sizes[panes] = Object.fromEntries(entries) as Record<string, number>;
  }
  return sizes;
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    return record(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
