/** A proof as it is drawn, of an export as of a verification: the verdict, then the numbers. */
import type { ReactNode } from "react";
import type { ExportParity } from "../../../engine/protocol/exporting.ts";
import { barLine } from "./consequences.ts";
import { FolderLine } from "./FolderLine.tsx";
import { ParityTable } from "./ParityTable.tsx";
import { Words } from "../learn/Words.tsx";

export function failedOf(exports: readonly ExportParity[]): readonly ExportParity[] {
  return exports.filter(({ verdict }) => verdict === "fail");
}

export function Verdict(props: {
  /** Absent: nothing was compared. */
  exports: readonly ExportParity[] | undefined;
  sentence: string;
  /** What a person should know, whatever the numbers say. */
  caution?: string | undefined;
  folder: string;
}) {
  const { exports, sentence, caution, folder } = props;
  const failed = failedOf(exports ?? []);
  const isFine = exports !== undefined && failed.length === 0 && caution === undefined;
  return (
    <section className={`verdict ${isFine ? "fine" : "fading"}`} aria-label="Verdict">
      <div role="status">
        <h2>
          {!exports ? (
            <>
              <span>Not proved.</span> Nothing was compared with the original.
            </>
          ) : failed.length > 0 ? (
            <>
              <span>Failed:</span>{" "}
              <Words>{failed.map(({ precision }) => precision).join(", ")}</Words>
            </>
          ) : (
            <>
              <span>✓ The same model,</span> within every bar
            </>
          )}
        </h2>
      </div>
      <p className="sentence">
        <Words>{sentence}</Words>
      </p>
      {caution !== undefined && (
        <p className="caution" role="alert">
          {caution}
        </p>
      )}
      <FolderLine folder={folder} />
    </section>
  );
}

export function Numbers(props: { exports: readonly ExportParity[]; children: ReactNode }) {
  const { exports, children } = props;
  return (
    <section aria-label="Numbers" data-light="proof">
      <h2>
        Against the original <span className="faint">{children}</span>
      </h2>
      <ParityTable exports={exports} />
      <ul className="bars">
        {exports.map(({ precision, file, bar, reason }) => (
          <li key={file}>
            <b className="num">
              <Words>{precision}</Words>
            </b>{" "}
            <Words>{`${barLine(bar)}.`}</Words>{" "}
            <span className="faint">
              <Words>{reason}</Words>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
