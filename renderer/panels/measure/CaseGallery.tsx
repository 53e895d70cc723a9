/** Best, median and worst cases of a probe as pictures; one is enlarged, and arrows go to the next. */
import { useState, type KeyboardEvent } from "react";
import type { ReportedCase } from "../../../engine/protocol/probe-report.ts";
import type { ProbeResult, ShownCase } from "../../store/measure-probes-state.ts";
import { ModalDialog } from "../ModalDialog.tsx";
import { withUnit } from "./measured-numbers.ts";
import { Words } from "../learn/Words.tsx";

interface Entry extends ShownCase {
  readonly of: ReportedCase;
}

const places = ["best", "median", "worst"] as const;

export function CaseGallery({ result }: { result: ProbeResult }) {
  const [large, setLarge] = useState<number>();
  const { cases, numbers } = result.report;
  const { unit } = numbers[0]!;
  const entries = places.flatMap((place) =>
    result.pictures.flatMap((picture): Entry[] => {
      const of = cases[picture.case];
      return of?.place === place ? [{ ...picture, of }] : [];
    }),
  );
  return (
    <>
      {places.map((place) => {
        const own = entries.filter(({ of }) => of.place === place);
        if (own.length === 0) return null;
        return (
          <div key={place} className="case-row">
            <h3>{place}</h3>
            <ul className="case-grid">
              {own.map((entry) => (
                <li key={entry.case}>
                  <button
                    title={`${entry.caption}\nEnlarge`}
                    aria-label={`Enlarge ${entry.of.name}, ${place}`}
                    onClick={() => setLarge(entries.indexOf(entry))}
                  >
                    <img src={entry.url} alt={entry.caption} />
                  </button>
                  <p>
                    <span className="case-name">{entry.of.name}</span>
                    <span className="num">{withUnit(entry.of.score, unit)}</span>
                  </p>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      {large !== undefined && entries[large] && (
        <Enlarged
          entry={entries[large]}
          place={`${large + 1} of ${entries.length}`}
          score={withUnit(entries[large].of.score, unit)}
          move={(by) => setLarge((large + by + entries.length) % entries.length)}
          close={() => setLarge(undefined)}
        />
      )}
    </>
  );
}

function Enlarged(props: {
  entry: Entry;
  place: string;
  score: string;
  move: (by: number) => void;
  close: () => void;
}) {
  const { entry, place, score, move, close } = props;
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(by);
  };
  return (
    <ModalDialog
      isOpen
      label="Case, enlarged"
      className="enlarged"
      onClose={close}
      onKeyDown={onKeyDown}
    >
      <header>
        <div className="case-title" role="status">
          <h2>
            {entry.of.place}: {entry.of.name} <span className="num">{score}</span>
          </h2>
        </div>
        <span className="num faint">{place}</span>
        <span className="joined">
          <button aria-label="Previous case" title="Previous (←)" onClick={() => move(-1)}>
            ←
          </button>
          <button aria-label="Next case" title="Next (→)" onClick={() => move(1)}>
            →
          </button>
        </span>
        <button title="Close (Esc)" onClick={close}>
          Close
        </button>
      </header>
      <img src={entry.url} alt={entry.caption} />
      <p className="note">
        <Words>{entry.caption}</Words>
      </p>
    </ModalDialog>
  );
}
