/** Tabs over the forms of a page; arrows go from one to the next, a dot tells where a job runs. */
import { useRef, type KeyboardEvent, type ReactNode } from "react";
import { useLook } from "./store-context.ts";

export function Tabs<T extends string>(props: {
  /** For those who cannot see them. */
  label: string;
  tabs: readonly T[];
  labels: Readonly<Record<T, readonly [label: string, title: string]>>;
  value: T;
  /** What stands beneath the open one. */
  children: ReactNode;
  onChange: (value: T) => void;
}) {
  const { label, tabs, labels, value, children, onChange } = props;
  const job = useLook((state) => state.job);
  const list = useRef<HTMLDivElement>(null);
  const panelId = `${label.replaceAll(" ", "-").toLowerCase()}-panel`;

  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.indexOf(value);
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
    onChange(tabs[next]!);
    list.current?.querySelectorAll("button")[next]?.focus();
  };

  return (
    <>
      <div ref={list} className="tabs" role="tablist" aria-label={label}>
        {tabs.map((one) => (
          <button
            key={one}
            id={`${panelId}-${one}`}
            role="tab"
            aria-selected={one === value}
            aria-controls={panelId}
            tabIndex={one === value ? 0 : -1}
            title={labels[one][1]}
            onClick={() => onChange(one)}
            onKeyDown={onKeyDown}
          >
            {labels[one][0]}
            {job?.tab === one && <i className="dot" title={job.title} />}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={panelId} aria-labelledby={`${panelId}-${value}`}>
        {children}
      </div>
    </>
  );
}
