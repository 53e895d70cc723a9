/** The recipe of a run, to be read and changed: a preset, and every setting with what it differs in. */
import { useCallback, useEffect, useId, useMemo, useState } from "react";
import { flushSync } from "react-dom";
import { Choice } from "../fields.tsx";
import {
  differs,
  groupsOf,
  matches,
  setValue,
  type FieldTable,
  type PresetDescription,
  type RecipeFinding,
  type RecipeValues,
  type SettingGroup,
} from "./recipe-form.ts";
import { RecipeFindings } from "./RecipeFindings.tsx";
import { ProblemContext } from "./setting-inputs.tsx";
import { SettingRow } from "./SettingRow.tsx";
import { Words } from "../learn/Words.tsx";

export interface RecipeEditorProps {
  readonly fields: FieldTable;
  readonly presets: readonly PresetDescription[];
  readonly recipe: RecipeValues;
  /** Values of the preset, every default written out. */
  readonly base: RecipeValues;
  readonly findings: readonly RecipeFinding[];
  readonly disabled: boolean;
  readonly onChange: (recipe: RecipeValues) => void;
  readonly onPreset: (name: string) => void;
  /** The first of the texts that are typed and not valid; undefined where all are. */
  readonly onProblem: (message: string | undefined) => void;
}

export function RecipeEditor(props: RecipeEditorProps) {
  const { fields, presets, recipe, base, findings, disabled, onChange, onPreset, onProblem } =
    props;
  const id = useId();
  const [search, setSearch] = useState("");
  const [isOnlyChanged, setOnlyChanged] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(["run", "data"]));
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  // A preset starts afresh: what was typed and is not valid goes too.
  const [generation, setGeneration] = useState(0);

  const groups = useMemo(() => groupsOf(fields), [fields]);
  const changed = Object.keys(fields).filter(
    (key) => key !== "preset" && differs(recipe, base, key),
  );
  const isFiltered = isOnlyChanged || search.trim() !== "";
  const isShown = (key: string) =>
    matches(key, fields[key]!, search) && (!isOnlyChanged || changed.includes(key));
  const found = groups.flatMap(({ keys }) => keys).filter(isShown);

  const report = useCallback((path: string, message: string | undefined) => {
    setProblems((before) => {
      const after = new Map(before);
      if (message === undefined) after.delete(path);
      else after.set(path, message);
      return after;
    });
  }, []);

  const [problem] = problems.values();
  useEffect(() => onProblem(problem), [onProblem, problem]);

  const reveal = (key: string) => {
    // The row must be in sight before it can be scrolled to.
    flushSync(() => {
      setOpen(new Set([...open, fields[key]!.group]));
      if (!isShown(key)) {
        setSearch("");
        setOnlyChanged(false);
      }
    });
    const input = document.getElementById(`${id}-${key}`);
    const row = input?.closest(".setting") ?? input;
    row?.scrollIntoView({ block: "center" });
    input?.focus({ preventScroll: true });
  };

  const toggle = (name: string) => {
    const next = new Set(open);
    if (!next.delete(name)) next.add(name);
    setOpen(next);
  };

  const rowsOf = ({ keys }: SettingGroup) =>
    keys.map((key) => (
      <SettingRow
        key={key}
        name={key}
        id={`${id}-${key}`}
        field={fields[key]!}
        recipe={recipe}
        base={base}
        findings={findings.filter((finding) => finding.keys.includes(key))}
        disabled={disabled}
        hidden={isFiltered && !isShown(key)}
        onChange={(value) => onChange(setValue(recipe, [key], value))}
      />
    ));

  return (
    <section className="recipe" aria-label="Recipe">
      <PresetChoice
        presets={presets}
        name={recipe["preset"]}
        changes={changed.length}
        disabled={disabled}
        onPreset={(name) => {
          setGeneration(generation + 1);
          onPreset(name);
        }}
      />
      <RecipeFindings
        findings={findings}
        problems={problems}
        isKnown={(key) => key in fields && key !== "preset"}
        reveal={reveal}
      />
      <div className="recipe-filter">
        <input
          type="search"
          aria-label="Search settings"
          placeholder="Search settings"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <label>
          <input
            type="checkbox"
            checked={isOnlyChanged}
            onChange={(event) => setOnlyChanged(event.target.checked)}
          />
          only what differs
        </label>
        <span className="num faint" role="status">
          {isFiltered && `${found.length} found`}
        </span>
      </div>
      <ProblemContext value={report}>
        <div key={generation}>
          {groups.map((group) => (
            <Group
              key={group.name}
              group={group}
              changes={group.keys.filter((key) => changed.includes(key)).length}
              errors={
                findings.filter(({ keys }) => keys.some((key) => group.keys.includes(key))).length
              }
              isOpen={isFiltered || open.has(group.name)}
              isHidden={isFiltered && !group.keys.some(isShown)}
              toggle={() => toggle(group.name)}
            >
              {rowsOf(group)}
            </Group>
          ))}
        </div>
      </ProblemContext>
      {isFiltered && found.length === 0 && (
        <p className="note">
          {search.trim() === ""
            ? "Nothing differs from the preset."
            : "No setting has these words. The search looks at names, help and sources."}
        </p>
      )}
    </section>
  );
}

function PresetChoice(props: {
  presets: readonly PresetDescription[];
  name: unknown;
  changes: number;
  disabled: boolean;
  onPreset: (name: string) => void;
}) {
  const { presets, name, changes, disabled, onPreset } = props;
  const preset = presets.find((candidate) => candidate.name === name);
  return (
    <fieldset className="recipe-preset" disabled={disabled}>
      <legend className="unseen">Preset</legend>
      <Choice
        label="Preset"
        title="Values that the recipe starts from; choosing one replaces what was changed"
        value={preset?.name ?? ""}
        note={changes === 0 ? "as it is" : `${changes} changed`}
        options={[
          ...(preset ? [] : [{ value: "", label: "none: the defaults" }]),
          ...presets.map(({ name: value, title }) => ({ value, label: title })),
        ]}
        onChange={(chosen) => chosen !== "" && onPreset(chosen)}
      />
      {preset && (
        <p className="note">
          <Words>{preset.note}</Words>{" "}
          <span className="faint">
            <Words>{`Source: ${preset.source}.`}</Words>
          </span>
        </p>
      )}
    </fieldset>
  );
}

function Group(props: {
  group: SettingGroup;
  changes: number;
  errors: number;
  isOpen: boolean;
  isHidden: boolean;
  toggle: () => void;
  children: React.ReactNode;
}) {
  const { group, changes, errors, isOpen, isHidden, toggle, children } = props;
  const bodyId = useId();
  return (
    <div className="setting-group" hidden={isHidden}>
      <h3>
        <button aria-expanded={isOpen} aria-controls={bodyId} onClick={toggle}>
          <span className="arrow" aria-hidden="true" />
          {group.title}
          <span className="num faint">{group.keys.length}</span>
          {changes > 0 && <span className="num changes">{changes} changed</span>}
          {errors > 0 && <span className="num to-check">{errors} to check</span>}
        </button>
      </h3>
      <fieldset id={bodyId} hidden={!isOpen}>
        <legend className="unseen">{group.title}</legend>
        {children}
      </fieldset>
    </div>
  );
}
