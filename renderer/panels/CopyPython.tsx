/** A button that copies what is on the stage as a Python program that computes the same numbers. */
import { pythonSnippet } from "../../engine/protocol/python-snippet.ts";
import { CopyButton } from "./CopyButton.tsx";
import { pythonViewOf } from "./python-view.ts";
import { useLookStore } from "./store-context.ts";

export function CopyPython() {
  const store = useLookStore();
  return (
    <CopyButton
      label="Python"
      title="Copy a Python program that computes these numbers with PyTorch and transformers"
      text={() => {
        const view = pythonViewOf(store.getState());
        return view && pythonSnippet(view);
      }}
      instead="Allow this page the clipboard in the browser's settings, and press again."
    />
  );
}
