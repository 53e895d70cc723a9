/** On which pictures a proof is made, and the bars that the precisions must reach. */
import { useId } from "react";
import type { ExportPrecision, ParityBar } from "../../../engine/protocol/exporting.ts";
import { proofNumbers, readBar, type ProofForm } from "../../store/proof-form.ts";
import { ImagesChoice } from "../measure/ImagesChoice.tsx";
import { WholeInput } from "../measure/WholeInput.tsx";
import { useLook } from "../store-context.ts";
import { barLine, barMeasures, shownLimit } from "./consequences.ts";
import { TermMark } from "../learn/Words.tsx";

interface Choices {
  readonly form: ProofForm;
  readonly onChange: (change: Partial<ProofForm>) => void;
}

export function ProofImages({ form, onChange, folderTitle }: Choices & { folderTitle?: string }) {
  return (
    <>
      <ImagesChoice
        label="On"
        images={form.images}
        folder={form.imagesFolder}
        {...(folderTitle !== undefined && { folderTitle })}
        onImages={(images) => onChange({ images })}
        onFolder={(imagesFolder) => onChange({ imagesFolder })}
      />
      <div className="wholes">
        <WholeInput
          number={proofNumbers.limit}
          value={form.limit}
          title="Pictures at most; each is looked at by every export and by the original"
          onChange={(limit) => onChange({ limit })}
        />
        <WholeInput
          number={proofNumbers.size}
          unit="px"
          value={form.size}
          placeholder="model's"
          title="Short side. Without one: the model's own size, and 320 × 192 px, which is no square"
          onChange={(size) => onChange({ size })}
        />
      </div>
    </>
  );
}

/** @param props.other what counts where nothing is written; absent: the usual bar */
export function Bars(
  props: Choices & { precisions: readonly ExportPrecision[]; note: string; other?: string },
) {
  const { form, onChange, precisions, note, other } = props;
  const usual = useLook((state) => state.exporting?.bars);
  if (!usual) return null;
  const inForce = precisions.flatMap((one) => {
    const own = form.bars[one]?.trim() ?? "";
    if (own === "" && other !== undefined) return [];
    return `${one} ${own === "" ? shownLimit(usual[one].limit) : own}`;
  });
  return (
    <details className="more">
      <summary>
        Bars <span className="faint num">{inForce.join(" · ") || other}</span>
      </summary>
      <p className="consequence">{note}</p>
      {precisions.map((one) => (
        <BarInput
          key={one}
          precision={one}
          bar={usual[one]}
          placeholder={other ?? shownLimit(usual[one].limit)}
          value={form.bars[one] ?? ""}
          onChange={(text) => onChange({ bars: { ...form.bars, [one]: text } })}
        />
      ))}
    </details>
  );
}

function BarInput(props: {
  precision: ExportPrecision;
  bar: ParityBar;
  placeholder: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const id = useId();
  const { precision, bar, placeholder, value, onChange } = props;
  return (
    <div className="bar-input" title={`${barLine(bar)}, unless another is stated`}>
      <span className="named">
        <label htmlFor={id}>
          <b className="num">{precision}</b>{" "}
          <span className="consequence">{barMeasures[bar.measure]}</span>
        </label>
        <TermMark of={precision} />
      </span>
      <input
        id={id}
        className="num"
        inputMode="decimal"
        autoComplete="off"
        value={value}
        placeholder={placeholder}
        aria-invalid={value.trim() !== "" && readBar(value) === undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
