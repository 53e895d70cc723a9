/** What the colours of classes mean, or where the classes of this photograph may come from. */
import { useRef } from "react";
import { classColour } from "../../../engine/protocol/class-colours.ts";
import { desktop } from "../../connection/desktop.ts";
import { photographOf } from "../../store/selectors.ts";
import { useLook } from "../store-context.ts";
import { classesOf, classesPresent } from "./space-classes.ts";

/** Classes that are named; the readout names every one. */
const mostNamed = 8;

export function ClassKey() {
  const photograph = useLook((state) => photographOf(state, "main"));
  const geometry = useLook((state) => state.features.main?.geometry);
  const classes = useLook((state) => geometry && classesOf(state, "main", geometry));
  if (!photograph) return null;
  const { labels } = photograph;
  if (!labels) return <LabelPicker photograph={photograph.key} />;
  const present = classes ? classesPresent(classes, labels) : [];
  return (
    <div className="legend components num">
      {present.slice(0, mostNamed).map(({ label, name }) => (
        <span key={label}>
          <i className="swatch" style={{ background: `rgb(${classColour(label).join(" ")})` }} />{" "}
          {name}
        </span>
      ))}
      {present.length > mostNamed && <span>and {present.length - mostNamed} more</span>}
      {present.length === 0 && <span>no patch has a class</span>}
    </div>
  );
}

function LabelPicker({ photograph }: { photograph: string }) {
  const input = useRef<HTMLInputElement>(null);
  const label = useLook((state) => state.labelPhotograph);
  return (
    <div className="legend">
      <span>This photograph has no classes.</span>
      <button
        title="A PNG of this photograph's shape, with a number a class: indexed or grey"
        onClick={() => input.current?.click()}
      >
        Label picture…
      </button>
      <input
        ref={input}
        type="file"
        accept="image/png"
        hidden
        aria-label="Label picture"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          target.value = "";
          if (!file) return;
          const path = desktop()?.pathOf(file) ?? "";
          void label(photograph, {
            name: file.name,
            blob: file,
            ...(path === "" ? {} : { path }),
          });
        }}
      />
    </div>
  );
}
