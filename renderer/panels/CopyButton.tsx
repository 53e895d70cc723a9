/** A button that copies a text, says so for a moment, and tells when the browser does not let it. */
import { useState } from "react";
import { useLook } from "./store-context.ts";

const saidMs = 1500;

export function CopyButton(props: {
  label: string;
  title: string;
  /** @returns undefined while there is nothing to copy */
  text: () => string | undefined;
  /** What a person can do where the browser refuses. */
  instead: string;
}) {
  const { label, title, text, instead } = props;
  const notify = useLook((state) => state.notify);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const copied = text();
    if (copied === undefined) return;
    try {
      await navigator.clipboard.writeText(copied);
    } catch {
      notify("note", "The browser did not let the page copy.", instead);
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), saidMs);
  };
  return (
    <button title={title} onClick={() => void copy()}>
      {isCopied ? "Copied" : label}
    </button>
  );
}
