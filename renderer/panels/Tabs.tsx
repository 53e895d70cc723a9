/** Tabs over the forms of a page; arrows go from one to the next. */
import { useRef, type KeyboardEvent, type ReactNode } from "react";

export interface Tab<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly title: string;
  /** Told beside the label: what goes on there. */
  readonly activity?: string | undefined;
}

export function Tabs<T extends string>(props: {
  /** For those who cannot see them. */
  label: string;
  tabs: readonly Tab<T>[];
  value: T;
  /** What stands beneath the open one. */
  children: ReactNode;
  onChange: (value: T) => void;
}) {
  const { label, tabs, value, children, onChange } = props;
  const list = useRef<HTMLDivElement>(null);
  const panelId = `${label.replaceAll(" ", "-").toLowerCase()}-panel`;

  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex((one) => one.value === value);
    const count = tabs.length;
    const to: Readonly<Record<string, number>> = {
      ArrowLeft: (at + count - 1) % count,
      ArrowRight: (at + 1) % count,
      Home: 0,
      End: count - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChange(tabs[next]!.value);
    list.current?.querySelectorAll("button")[next]?.focus();
  };

  return (
    <>
      <div ref={list} className="tabs" role="tablist" aria-label={label}>
        {tabs.map((one) => (
          <button
            key={one.value}
            id={`${panelId}-${one.value}`}
            role="tab"
            aria-selected={one.value === value}
            aria-controls={panelId}
            tabIndex={one.value === value ? 0 : -1}
            title={one.title}
            onClick={() => onChange(one.value)}
            onKeyDown={onKeyDown}
          >
            {one.label}
            {one.activity !== undefined && <i className="dot" title={one.activity} />}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={panelId} aria-labelledby={`${panelId}-${value}`}>
        {children}
      </div>
    </>
  );
}
