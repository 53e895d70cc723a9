/** A run to be: its recipe, where it goes, and how it is started; or one that is taken up again. */
import { useState } from "react";
import { useLook } from "../store-context.ts";
import { RecipeEditor } from "./RecipeEditor.tsx";

export function NewRun() {
  return (
    <>
      <section className="new-run" aria-label="New run">
        <h3>New run</h3>
        <Start />
      </section>
      <Resume />
      <Recipe />
    </>
  );
}

function Start() {
  const folder = useLook((state) => state.runFolder);
  const setFolder = useLook((state) => state.setRunFolder);
  const startRun = useLook((state) => state.startRun);
  const refusal = useLook((state) => state.refusal);
  const recipeError = useLook((state) => state.recipeError);
  const findings = useLook((state) => state.findings);
  const data = useLook((state) => state.recipe["data"]) as { path?: unknown } | undefined;
  const [isStarting, setStarting] = useState(false);
  const wrong = recipeError ?? findings.find(({ level }) => level === "error")?.message;
  const start = (options: Parameters<typeof startRun>[0]) => {
    setStarting(true);
    void startRun(options).finally(() => setStarting(false));
  };
  const isReady = wrong === undefined && folder.trim() !== "" && !isStarting;
  return (
    <>
      <div className="field">
        <label htmlFor="run-folder">Folder of the run</label>
        <input
          id="run-folder"
          value={folder}
          spellCheck={false}
          onChange={(event) => setFolder(event.target.value)}
        />
      </div>
      <p className="note">
        Images from{" "}
        <bdi className="path">{typeof data?.path === "string" ? data.path : "none"}</bdi>. Change
        them under Data.
      </p>
      <div className="run-buttons">
        <button className="primary" disabled={!isReady} onClick={() => start({ isPaused: false })}>
          {isStarting ? "Starting" : "Start"}
        </button>
        <button
          title="Begin paused; each step is taken by hand, with its numbers and its batch"
          disabled={!isReady}
          onClick={() => start({ isPaused: true })}
        >
          Start, step by step
        </button>
      </div>
      {wrong !== undefined && <p className="refusal">{wrong}</p>}
      {refusal && (
        <div className="refusal" role="alert">
          <p>{refusal.message}</p>
          {refusal.hint !== undefined && <p className="faint">{refusal.hint}</p>}
          {refusal.isMemory && (
            <button onClick={() => start({ isPaused: false, ignoreMemory: true })}>
              Start all the same
            </button>
          )}
        </div>
      )}
    </>
  );
}

function Resume() {
  const resumeRun = useLook((state) => state.resumeRun);
  const openRun = useLook((state) => state.openRun);
  const [folder, setFolder] = useState("");
  const isEmpty = folder.trim() === "";
  return (
    <details className="resume">
      <summary>Open an earlier run</summary>
      <div className="field">
        <label htmlFor="old-run">Its folder</label>
        <input
          id="old-run"
          value={folder}
          spellCheck={false}
          onChange={(event) => setFolder(event.target.value)}
        />
      </div>
      <div className="run-buttons">
        <button disabled={isEmpty} onClick={() => void openRun(folder.trim())}>
          Show its curves
        </button>
        <button disabled={isEmpty} onClick={() => void resumeRun(folder.trim())}>
          Resume it
        </button>
      </div>
    </details>
  );
}

function Recipe() {
  const recipes = useLook((state) => state.recipes);
  const recipe = useLook((state) => state.recipe);
  const findings = useLook((state) => state.findings);
  const setRecipe = useLook((state) => state.setRecipe);
  const choosePreset = useLook((state) => state.choosePreset);
  if (!recipes) return null;
  const preset = recipes.presets.find(({ name }) => name === recipe["preset"]);
  return (
    <RecipeEditor
      fields={recipes.fields}
      presets={recipes.presets}
      recipe={recipe}
      base={preset?.recipe ?? recipes.presets[0]!.recipe}
      findings={findings}
      disabled={false}
      onChange={setRecipe}
      onPreset={choosePreset}
    />
  );
}
