/** Asks for a run or a model by its path: those that are known are offered, others are typed. */
import { Command } from "cmdk";
import { useState } from "react";
import type { Look } from "../../store/look.ts";
import { offeredPaths } from "../../store/measure-paths.ts";
import { useLookStore } from "../store-context.ts";
import { Words } from "../learn/Words.tsx";

const words = {
  run: {
    ask: "The folder of a run, on the engine's machine",
    none: "No run is known yet: type or paste the path of one.",
    open: (state: Look, path: string) => void state.openTimeline(path),
  },
  model: {
    ask: "A model's folder or file on the engine's machine, or ORG/NAME on Hugging Face",
    none: "Type or paste the path of a model.",
    open: (state: Look, path: string) => void state.openModel(path),
  },
};

export function OpenPath({ kind }: { kind: "run" | "model" }) {
  const store = useLookStore();
  const [offered] = useState(() => offeredPaths(store.getState(), kind));
  const [text, setText] = useState("");
  const { ask, none, open } = words[kind];
  const typed = text.trim();
  const part = typed.toLowerCase();
  const found = offered.filter(({ path, label }) =>
    `${path} ${label}`.toLowerCase().includes(part),
  );
  const isKnown = found.some(({ path }) => path === typed);
  const isOnHub = kind === "model" && /^[\w.-]+\/[\w.-]+$/.test(typed);

  const close = (then: (state: Look) => void) => {
    store.getState().openDialog(undefined);
    store.getState().setPage("look");
    then(store.getState());
  };
  const choose = async () => {
    const folder = await window.desktop?.openModelFolder();
    if (folder !== undefined) close((state) => open(state, folder));
  };
  return (
    // What is typed is a path, whose parts in any order would be another one.
    <Command label={ask} shouldFilter={false} loop>
      <Command.Input placeholder={ask} value={text} onValueChange={setText} autoFocus data-first />
      <Command.List label={kind === "run" ? "Runs" : "Models"}>
        {typed !== "" && !isKnown && !isOnHub && (
          <Command.Item value={`open ${typed}`} onSelect={() => close((s) => open(s, typed))}>
            <span>Open {typed}</span>
          </Command.Item>
        )}
        {isOnHub && (
          <Command.Item
            value={`get ${typed}`}
            onSelect={() => close((state) => void state.getModel(typed))}
          >
            <span>Get {typed} from the Hugging Face Hub</span>
          </Command.Item>
        )}
        {found.map(({ path, label }) => (
          <Command.Item key={path} value={path} onSelect={() => close((s) => open(s, path))}>
            <span className="path">{path}</span>
            <span className="faint">{label}</span>
          </Command.Item>
        ))}
        {isOnHub && (
          <Command.Item value={`open ${typed}`} onSelect={() => close((s) => open(s, typed))}>
            <span>Open the path {typed}</span>
          </Command.Item>
        )}
        {window.desktop && (
          <Command.Item value="choose a folder" onSelect={() => void choose()}>
            <span>Choose a folder…</span>
          </Command.Item>
        )}
      </Command.List>
      {typed === "" && found.length === 0 && (
        <p className="note">
          <Words>{none}</Words>
        </p>
      )}
    </Command>
  );
}
