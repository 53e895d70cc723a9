/** The first number of a probe class by class, a bar for every model that was measured alike. */
import { curveVariable } from "../../charts/chart-colours.ts";
import { nameOf } from "../../store/measure-probes-slice.ts";
import type { ProbeResult } from "../../store/measure-probes-state.ts";
import { formatMeasured } from "./measured-numbers.ts";

export function ClassBars({ results }: { results: readonly ProbeResult[] }) {
  const { unit } = results[0]!.report.numbers[0]!;
  const known = results.flatMap(({ report }) => report.perClass ?? []);
  const names = [...new Set(known.map(({ name }) => name))];
  const most = unit === "fraction" ? 1 : Math.max(1e-9, ...known.map(({ value }) => value ?? 0));
  return (
    <div className="class-grid">
      {names.map((name) => (
        <div key={name} className="class-row">
          <span className="class-name" title={name}>
            {name}
          </span>
          <ul>
            {results.map((result, i) => {
              const value = result.report.perClass?.find((one) => one.name === name)?.value ?? null;
              return (
                <li
                  key={result.id}
                  title={value === null ? `${nameOf(result)}: not in these items` : nameOf(result)}
                >
                  <span className="class-bar">
                    {value !== null && (
                      <i
                        style={{
                          width: `${(100 * Math.max(0, value)) / most}%`,
                          background: curveVariable(i),
                        }}
                      />
                    )}
                  </span>
                  <span className="num">
                    {results.length > 1 && <span className="unseen">{nameOf(result)}: </span>}
                    {value === null ? "–" : formatMeasured(value, unit)}
                  </span>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </div>
  );
}
