/** Small drawings for buttons that have no room for a word; the button's title says it. */

const paths = {
  undo: "M6 3 2.5 6.5 6 10M3 6.5h6a4 4 0 0 1 0 8H6",
  redo: "M10 3l3.5 3.5L10 10M13 6.5H7a4 4 0 0 0 0 8h3",
  left: "M2 3h12v10H2zM6 3v10M4 6v4",
  right: "M2 3h12v10H2zM10 3v10M12 6v4",
  across: "M2 3h12v10H2zM8 3v10",
  down: "M2 3h12v10H2zM2 8h12",
  swap: "M5 5h8l-2.5-2.5M11 11H3l2.5 2.5",
  more: "M2.5 8h2M7 8h2M11.5 8h2",
  add: "M2 3h12v10H2zM8 5.5v5M5.5 8h5",
  addPatches: "M2 2h6v6H2zM8 8h6v6H8zM11.5 1.5v5M9 4h5",
  alone: "M2 3h12v10H2zM8 6v4M6.7 6.8 8 6",
  grid: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  gram: "M2 2h12v12H2zM2 6h12M2 10h12M6 2v12M10 2v12",
  space: "M3 13V3M3 13l10-2M3 13l4-5M9 4h.01M12 6h.01M10 8h.01M6 5h.01",
  lasso:
    "M8 2.5c3.3 0 6 1.8 6 4s-2.7 4-6 4-6-1.8-6-4 2.7-4 6-4M4.5 9.7c-.9 1-.9 2.4.3 3 1 .6 2.2.2 2.2-.9",
  home: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  theme: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2v12M8 5l4.2-1M8 8h6M8 11l4.2 1",
  play: "M4.5 2.5v11l9-5.5z",
  pause: "M5 3v10M11 3v10",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3 14 14",
  settings: "M2 4h6M12 4h2M2 8h2M8 8h6M2 12h7M13 12h1M8 2.5h4v3H8zM4 6.5h4v3H4zM9 10.5h4v3H9z",
  curves: "M2 2v12h12M4 11l3-4 3 2 4-6",
  save: "M8 2v8M4.5 7 8 10.5 11.5 7M3 13.5h10",
} as const;

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
