/** What is wrong with a recipe as a whole, worst first; each finding leads to its settings. */
import { titleOf, type RecipeFinding } from "./recipe-form.ts";
import { Words } from "../learn/Words.tsx";

export function RecipeFindings(props: {
  findings: readonly RecipeFinding[];
  /** Typed text that is not in the recipe, by the path of its setting. */
  problems: ReadonlyMap<string, string>;
  isKnown: (key: string) => boolean;
  reveal: (key: string) => void;
}) {
  const { findings, problems, isKnown, reveal } = props;
  if (findings.length === 0 && problems.size === 0) return null;
  const sorted = findings.toSorted((a, b) => a.level.localeCompare(b.level));
  const leads = (keys: readonly string[]) =>
    keys.filter(isKnown).map((key) => (
      <button key={key} onClick={() => reveal(key)}>
        {titleOf(key)}
      </button>
    ));
  return (
    <ul className="findings" aria-label="Findings">
      {[...problems].map(([path, message]) => (
        <li key={path} className="finding error">
          <b>Not used</b> {message}
          <span className="leads">{leads([path.split(".")[0]!])}</span>
        </li>
      ))}
      {sorted.map((finding, index) => (
        <li
          key={index}
          className={finding.level === "error" ? "finding error" : "finding caution"}
          title={finding.rule}
        >
          <b>{finding.level === "error" ? "Error" : "Caution"}</b> <Words>{finding.message}</Words>
          <span className="hint">
            <Words>{finding.hint}</Words>
          </span>
          <span className="leads">{leads(finding.keys)}</span>
        </li>
      ))}
    </ul>
  );
}
