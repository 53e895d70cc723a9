/** A dialog over the page: the browser keeps the focus in it, and gives it back afterwards. */
import { Suspense, useEffect, useRef, type ReactNode } from "react";

export function ModalDialog(props: {
  isOpen: boolean;
  /** What it is called aloud. */
  label: string;
  className: string;
  onClose: () => void;
  /** Drawn while it is open. */
  children: ReactNode;
}) {
  const { isOpen, label, className, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!isOpen) {
      dialog.current?.close();
      return;
    }
    dialog.current?.showModal();
    // The browser takes whatever can have the focus first; what is still loading takes it itself.
    dialog.current?.querySelector<HTMLElement>("[data-first]")?.focus();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-label={label}
      onClose={onClose}
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
