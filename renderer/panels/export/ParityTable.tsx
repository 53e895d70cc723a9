/** The numbers of a parity card, an export a row. */
import {
  shownCosine,
  shownDifference,
  type ExportParity,
} from "../../../engine/protocol/exporting.ts";
import { megabytes } from "./consequences.ts";
import { Words } from "../learn/Words.tsx";

const columns: readonly (readonly [label: string, title: string])[] = [
  ["precision", "In how many bits the weights are kept"],
  ["size", "All files of it"],
  ["cosine, least", "Of the patch that differs most from the same patch of the original"],
  ["1 %", "1st percentile: 99 of 100 patches are nearer than this"],
  ["median", "Half of the patches are nearer than this"],
  ["difference", "The largest of any value of any token"],
  ["nearest", "Part of the patches whose nearest other patch is the same"],
  ["time", "Median of one picture; the original in the same runs below"],
  ["verdict", "Against its bar"],
];

export function ParityTable({ exports }: { exports: readonly ExportParity[] }) {
  const input = exports[0]?.speed.input.replace("x", " × ");
  return (
    <div className="parity-table">
      <table>
        <thead>
          <tr>
            {columns.map(([label, title]) => (
              <th key={title} scope="col" title={title}>
                <Words>{label}</Words>
                {label === "time" && <span className="unit"> {input} px</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {exports.map((one) => (
            <Row key={one.file} parity={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ parity }: { parity: ExportParity }) {
  const { precision, file, files, numbers, speed, verdict } = parity;
  const { cosine, largestDifference, nearest } = numbers;
  const isPass = verdict === "pass";
  return (
    <tr className={isPass ? "pass" : "fail"}>
      <th scope="row" title={file}>
        <Words>{precision}</Words>
      </th>
      <td>{megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}</td>
      <td>{shownCosine(cosine.min)}</td>
      <td>{shownCosine(cosine.p1)}</td>
      <td>{shownCosine(cosine.median)}</td>
      <td>{shownDifference(largestDifference)}</td>
      <td>{(100 * nearest).toFixed(1)} %</td>
      <td>
        {speed.exportedMs.toFixed(1)} ms
        {speed.originalMs !== undefined && (
          <span className="faint"> of {speed.originalMs.toFixed(1)}</span>
        )}
      </td>
      <td>{isPass ? "✓ pass" : "✗ fail"}</td>
    </tr>
  );
}
