/** The button beside a chart that saves what it shows as a figure; small, because titles need the line. */
export function SaveChart({ of, onSave }: { of: string; onSave: () => void }) {
  return (
    <button
      className="save-chart"
      title="Save what is shown as PNG, SVG or PDF"
      aria-label={`Save ${of} as a figure`}
      onClick={onSave}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" />
      </svg>
    </button>
  );
}
