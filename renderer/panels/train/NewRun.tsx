/** A run to be: its recipe, where it goes, and how it is started; or one that is taken up again. */
import { useState } from "react";
import { firstRecipe } from "../../store/first-recipe.ts";
import { useLook } from "../store-context.ts";
import { RecipeEditor } from "./RecipeEditor.tsx";
import { Refusal } from "./Refusal.tsx";

export function NewRun() {
  const [problem, setProblem] = useState<string>();
  return (
    <>
      <section className="new-run" aria-label="New run">
        <h2>New run</h2>
        <Start problem={problem} />
      </section>
      <Resume />
      <Recipe onProblem={setProblem} />
    </>
  );
}

/** @param problem text in the recipe that is not valid and therefore not used */
function Start({ problem }: { problem: string | undefined }) {
  const folder = useLook((state) => state.runFolder);
  const setFolder = useLook((state) => state.setRunFolder);
  const startRun = useLook((state) => state.startRun);
  const isBeginning = useLook((state) => state.isBeginning);
  const recipeError = useLook((state) => state.recipeError);
  const findings = useLook((state) => state.findings);
  const data = useLook((state) => state.recipe["data"]) as { path?: unknown } | undefined;
  // What is insisted on begins as it was first wished for.
  const [isPaused, setPaused] = useState(false);
  const error = findings.find(({ level }) => level === "error")?.message;
  const wrong = problem ?? recipeError ?? error;
  const start = (options: Parameters<typeof startRun>[0]) => {
    setPaused(options.isPaused);
    void startRun(options);
  };
  const isReady = wrong === undefined && folder.trim() !== "" && !isBeginning;
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
          {isBeginning ? "Starting" : "Start"}
        </button>
        <button
          title="Begin paused; each step is taken by hand, with its numbers and its batch"
          disabled={!isReady}
          onClick={() => start({ isPaused: true })}
        >
          Start, step by step
        </button>
      </div>
      {wrong !== undefined && <p className="refusal">Not yet: {wrong}</p>}
      <Refusal
        isOf={({ of }) => of === "start"}
        insist={() => start({ isPaused, ignoreMemory: true })}
      />
    </>
  );
}

function Resume() {
  const resumeRun = useLook((state) => state.resumeRun);
  const openRun = useLook((state) => state.openRun);
  const isBeginning = useLook((state) => state.isBeginning);
  const shown = useLook((state) => state.status?.folder);
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
        <button disabled={isEmpty || isBeginning} onClick={() => void resumeRun(folder.trim())}>
          Resume it
        </button>
      </div>
      <Refusal isOf={(refusal) => refusal.of === "resume" && refusal.folder !== shown} />
    </details>
  );
}

function Recipe({ onProblem }: { onProblem: (message: string | undefined) => void }) {
  const recipes = useLook((state) => state.recipes);
  const recipe = useLook((state) => state.recipe);
  const findings = useLook((state) => state.findings);
  const setRecipe = useLook((state) => state.setRecipe);
  const choosePreset = useLook((state) => state.choosePreset);
  if (!recipes) return null;
  const preset =
    recipes.presets.find(({ name }) => name === recipe["preset"]) ?? recipes.presets[0]!;
  return (
    <RecipeEditor
      fields={recipes.fields}
      presets={recipes.presets}
      recipe={recipe}
      base={firstRecipe(preset, recipes)}
      findings={findings}
      disabled={false}
      onChange={setRecipe}
      onPreset={choosePreset}
      onProblem={onProblem}
    />
  );
}
