/** A path on the engine's machine: typed, chosen of what is offered, or dropped where the window knows it. */
import { useEffect, useId, useRef, useState, type DragEvent } from "react";
import { useShallow } from "zustand/react/shallow";
import { desktop } from "../../connection/desktop.ts";
import { baseName } from "../../store/base-name.ts";
import { offeredPaths } from "../../store/measure-paths.ts";
import type { PathKind } from "../../store/measure-state.ts";
import { useLook } from "../store-context.ts";
import { FieldLabel } from "../learn/Words.tsx";

/** Offered as buttons while nothing is written. */
const mostOffered = 4;

export function PathInput(props: {
  label: string;
  kind: PathKind;
  value: string;
  title?: string;
  /** Only for those who cannot see where it stands. */
  hideLabel?: boolean;
  onChange: (path: string) => void;
}) {
  const { label, kind, value, title, hideLabel = false, onChange } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const notify = useLook((state) => state.notify);
  // Flat, so that equal offers are equal.
  const flat = useLook(
    useShallow((state) => offeredPaths(state, kind).flatMap(({ path, label }) => [path, label])),
  );
  const offered = flat.flatMap((path, i) => (i % 2 === 0 ? [{ path, label: flat[i + 1]! }] : []));

  // The end of a path says more than its beginning.
  const showEnd = () => input.current?.scrollTo({ left: input.current.scrollWidth });
  useEffect(() => {
    if (document.activeElement !== input.current) showEnd();
  }, [value]);

  const drop = (event: DragEvent) => {
    const [file] = event.dataTransfer.files;
    setOver(false);
    if (!file) return;
    // Elsewhere on the page it would be opened as a photograph.
    event.preventDefault();
    event.stopPropagation();
    const path = desktop()?.pathOf(file) ?? "";
    if (path !== "") onChange(path);
    else {
      notify(
        "note",
        `A browser does not tell where ${file.name} lies.`,
        "Type its path on the engine's machine.",
      );
    }
  };
  const choose = async () => {
    const folder = await desktop()?.openModelFolder();
    if (folder !== undefined) onChange(folder);
  };

  return (
    <div
      className={isOver ? "path-input over" : "path-input"}
      onDragOver={(event) => setOver(event.dataTransfer.types.includes("Files"))}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {hideLabel ? (
        <label htmlFor={id} className="unseen">
          {label}
        </label>
      ) : (
        <FieldLabel htmlFor={id}>{label}</FieldLabel>
      )}
      <div>
        <input
          ref={input}
          id={id}
          onBlur={showEnd}
          list={`${id}-offered`}
          value={value}
          title={title ?? value}
          placeholder={kind === "model" ? "path, or hf:ORG/NAME" : "path on the engine's machine"}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
        {desktop() && (
          <button type="button" onClick={() => void choose()}>
            Choose…
          </button>
        )}
      </div>
      <datalist id={`${id}-offered`}>
        {offered.map(({ path, label }) => (
          <option key={path} value={path}>
            {label}
          </option>
        ))}
      </datalist>
      {value === "" && offered.length > 0 && (
        <ul className="offers" aria-label={`Offered for ${label}`}>
          {offered.slice(0, mostOffered).map(({ path, label }) => (
            <li key={path}>
              <button type="button" title={path} onClick={() => onChange(path)}>
                {baseName(path)} <span className="faint">{label}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
