/** One setting of a recipe: its name, its input, the way back to the preset, its help and what is found. */
import { useId, useState } from "react";
import {
  describeNumber,
  differs,
  formatSetting,
  titleOf,
  type FieldDescription,
  type RecipeFinding,
  type RecipeValues,
} from "./recipe-form.ts";
import { isContainer, SettingInput } from "./SettingInput.tsx";
import { Words } from "../learn/Words.tsx";

interface RowProps {
  readonly name: string;
  /** Of its input; findings lead there. */
  readonly id: string;
  readonly field: FieldDescription;
  readonly recipe: RecipeValues;
  readonly base: RecipeValues;
  /** Those that are about this setting. */
  readonly findings: readonly RecipeFinding[];
  readonly disabled: boolean;
  readonly hidden: boolean;
  readonly onChange: (value: unknown) => void;
}

export function SettingRow(props: RowProps) {
  const { name, id, field, recipe, base, findings, disabled, hidden, onChange } = props;
  const [isExplained, setExplained] = useState(false);
  const aboutId = useId();
  const title = titleOf(name);
  const isChanged = differs(recipe, base, name);
  const worst = findings.some(({ level }) => level === "error") ? "error" : "caution";
  const findingIds = findings.map((_, index) => `${id}-finding-${index}`).join(" ") || undefined;
  return (
    <div
      className={`setting${isChanged ? " changed" : ""}${findings.length > 0 ? ` ${worst}` : ""}`}
      hidden={hidden}
    >
      {isContainer(field) ? (
        <span className="label" title={field.help}>
          {title}
        </span>
      ) : (
        <label htmlFor={id} title={field.help}>
          {title}
        </label>
      )}
      <SettingInput
        field={field}
        value={recipe[name]}
        path={[name]}
        id={id}
        title={title}
        disabled={disabled}
        describedBy={findingIds}
        onChange={onChange}
      />
      <div className="setting-actions">
        {isChanged && (
          <button
            title={`Back to ${formatSetting(base[name])}, as the preset has it`}
            aria-label={`Reset ${title} to ${formatSetting(base[name])}`}
            disabled={disabled}
            onClick={() => onChange(structuredClone(base[name]))}
          >
            Reset
          </button>
        )}
        <button
          className="explain"
          title={`${field.help} Source: ${field.source}`}
          aria-label={`About ${title}`}
          aria-expanded={isExplained}
          aria-controls={aboutId}
          onClick={() => setExplained(!isExplained)}
        >
          ?
        </button>
      </div>
      <div className="setting-about" id={aboutId} hidden={!isExplained}>
        <p>
          <b>
            <Words>{title}</Words>
          </b>
          . <Words>{field.help}</Words>
        </p>
        <p>
          <code>{name}</code>
          {isNumeric(field) && <Words>{` · ${describeNumber(field)}`}</Words>}
          {` · ${isChanged ? "preset" : "as the preset has it"}: `}
          <code>{formatSetting(base[name])}</code>
        </p>
        <p>
          <Words>{`Source: ${field.source}`}</Words>
        </p>
      </div>
      {findings.map((finding, index) => (
        <p
          key={index}
          className={finding.level === "error" ? "finding error" : "finding caution"}
          id={`${id}-finding-${index}`}
        >
          <b>{finding.level === "error" ? "Error" : "Caution"}</b> {finding.message}
          <span className="hint">{finding.hint}</span>
        </p>
      ))}
    </div>
  );
}

const isNumeric = ({ kind }: FieldDescription) => kind === "integer" || kind === "number";
