/** A dialog over the page: the browser keeps the focus in it, and gives it back afterwards. */
import { Suspense, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from "react";

export function ModalDialog(props: {
  isOpen: boolean;
  /** What it is called aloud. */
  label: string;
  className: string;
  onClose: () => void;
  /** Keys of its own, beside Escape. */
  onKeyDown?: (event: KeyboardEvent) => void;
  /** Drawn while it is open. */
  children: ReactNode;
}) {
  const { isOpen, label, className, onClose, onKeyDown, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!isOpen || !element) return;
    element.showModal();
    // The browser takes whatever can have the focus first; what is still loading takes it itself.
    element.querySelector<HTMLElement>("[data-first]")?.focus();
    // Before it goes: a dialog that is taken away while it is open gives no focus back.
    return () => element.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-label={label}
      onClose={({ currentTarget }) => {
        // It is told later. By then the dialog may have been opened again.
        if (!currentTarget.open) onClose();
      }}
      onKeyDown={(event) => {
        // Left to the browser, it would be closed before anybody knows, and a key at once be lost.
        if (!event.currentTarget.open) return;
        if (event.key === "Escape" && !event.defaultPrevented) {
          event.preventDefault();
          onClose();
        }
        onKeyDown?.(event);
      }}
      onClick={(event) => {
        // Beside it: the backdrop is part of the element, its contents are not.
        if (event.target === event.currentTarget && isBeside(event)) onClose();
      }}
    >
      {isOpen && <Suspense fallback={<p>…</p>}>{children}</Suspense>}
    </dialog>
  );
}

function isBeside(event: React.MouseEvent<HTMLDialogElement>): boolean {
  const { left, right, top, bottom } = event.currentTarget.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < left || x > right || y < top || y > bottom;
}

export function DialogHeader({ title, close }: { title: ReactNode; close: () => void }) {
  return (
    <div className="dialog-head">
      <strong>{title}</strong>
      <button type="button" onClick={close} aria-label="Close">
        ×
      </button>
    </div>
  );
}
