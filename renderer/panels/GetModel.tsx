/** A field for a repository of the Hugging Face Hub: downloaded on the engine's machine, then opened. */
import { useState } from "react";
import { useLook } from "./store-context.ts";

export function GetModel() {
  const getModel = useLook((state) => state.getModel);
  const [repository, setRepository] = useState("");
  const wanted = repository.trim();
  return (
    <form
      className="open-model"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== "") void getModel(wanted);
      }}
    >
      <label htmlFor="model-repository">A repository of the Hugging Face Hub</label>
      <input
        id="model-repository"
        value={repository}
        placeholder="facebook/dinov2-small"
        title="Downloaded once, into the Hub's cache on the engine's machine. A gated model needs an access token there: HF_TOKEN, or hf auth login."
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setRepository(event.target.value)}
      />
      <button type="submit" disabled={wanted === ""}>
        Get
      </button>
    </form>
  );
}
