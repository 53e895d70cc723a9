/** The photographs on the left: choose, open, compare, remove. */
import { useRef } from "react";
import type { Photograph } from "../store/image-state.ts";
import { photographOf } from "../store/selectors.ts";
import { openPhotographs, openPicked, photographTypes } from "./open-photographs.ts";
import { useLook, useLookStore } from "./store-context.ts";

export function ImageStrip() {
  const photographs = useLook((state) => state.photographs);
  const active = useLook((state) => photographOf(state, "main"));
  const store = useLookStore();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <section aria-label="Images">
      <h2>
        Images <span className="num">{photographs.length}</span>
        <button
          title="Open photographs; dropping or pasting them works too"
          onClick={() => void openPhotographs(store.getState(), picker.current)}
        >
          Open…
        </button>
      </h2>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={photographTypes}
        onChange={({ target }) => void openPicked(store.getState().openFiles, target)}
      />
      {photographs.length === 0 ? (
        <p className="next">Drop a photograph here, paste one, or open one.</p>
      ) : (
        <ul className="strip">
          {photographs.map((photograph) => (
            <Thumbnail key={photograph.key} photograph={photograph} />
          ))}
        </ul>
      )}
      {active && <About photograph={active} />}
    </section>
  );
}

function Thumbnail({ photograph }: { photograph: Photograph }) {
  const { key, name, credit, file, previewUrl } = photograph;
  const isActive = useLook((state) => state.active === key);
  const isBeside = useLook(
    ({ active, panes }) => active !== key && panes.some(({ photograph }) => photograph === key),
  );
  const choose = useLook((state) => state.choose);
  const toggleBeside = useLook((state) => state.toggleBeside);
  const remove = useLook((state) => state.remove);
  const title = [name, credit, "Shift+click opens it in a pane beside"].filter(Boolean).join("\n");
  return (
    <li>
      <button
        className={isActive ? "thumbnail on" : "thumbnail"}
        aria-pressed={isActive}
        title={file ? `${title}\nDelete removes it` : title}
        onClick={(event) => void (event.shiftKey ? toggleBeside(key) : choose(key))}
        onKeyDown={(event) => {
          if (file && event.key === "Delete") remove(key);
        }}
      >
        {previewUrl === undefined ? <span>{name}</span> : <img src={previewUrl} alt={name} />}
        {isBeside && <em>beside</em>}
      </button>
      {file && (
        <button className="remove" aria-label={`Remove ${name}`} onClick={() => remove(key)}>
          ×
        </button>
      )}
    </li>
  );
}

function About({ photograph: { name, credit, info } }: { photograph: Photograph }) {
  return (
    <p className="about">
      {name}
      {info && (
        <span className="num">
          {" "}
          {info.width}×{info.height}
        </span>
      )}
      {info && info.notes.length > 0 && <> · {info.notes.join(", ")}</>}
      {credit !== undefined && <span className="credit">{credit}</span>}
    </p>
  );
}
