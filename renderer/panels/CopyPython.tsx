/** A button that copies what is on the stage as a Python program that computes the same numbers. */
import { useState } from "react";
import { pythonSnippet } from "../../engine/protocol/python-snippet.ts";
import { pythonViewOf } from "./python-view.ts";
import { useLookStore } from "./store-context.ts";

export function CopyPython() {
  const store = useLookStore();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const view = pythonViewOf(store.getState());
    if (!view) return;
    await navigator.clipboard.writeText(pythonSnippet(view));
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button
      title="Copy a Python program that computes these numbers with PyTorch and transformers"
      onClick={() => void copy().catch(() => {})}
    >
      {isCopied ? "Copied" : "Python"}
    </button>
  );
}
