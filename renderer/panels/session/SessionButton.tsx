/** The button that saves and opens sessions, and what is asked before one is opened; both are loaded when needed. */
import { lazy, Suspense } from "react";
import { withKeys } from "../actions/registry.ts";
import { useLook } from "../store-context.ts";

const SessionDialog = lazy(async () => ({
  default: (await import("./SessionDialog.tsx")).SessionDialog,
}));

const FindingsDialog = lazy(async () => ({
  default: (await import("./FindingsDialog.tsx")).FindingsDialog,
}));

export function SessionButton({ isShown }: { isShown: boolean }) {
  const isOpen = useLook((state) => state.isSessionOpen);
  const openDialog = useLook((state) => state.openSessionDialog);
  // One that is whole is applied without a question.
  const isAsking = useLook(
    ({ openingSession }) => openingSession?.items.some(({ state }) => state !== "found") ?? false,
  );
  const isMoved = useLook(({ openingSession }) => (openingSession?.moved.length ?? 0) > 0);
  return (
    <>
      {isShown && (
        <button
          title={withKeys(
            "Save this view with all it needs, or open one that was saved",
            "session",
          )}
          onClick={() => openDialog(true)}
        >
          Session
        </button>
      )}
      <Suspense fallback={null}>
        {isOpen && <SessionDialog />}
        {(isAsking || isMoved) && <FindingsDialog />}
      </Suspense>
    </>
  );
}
