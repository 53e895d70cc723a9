/** The card of the last export: the verdict first, then the numbers, the pictures and the files. */
import type { ExportParity } from "../../../engine/protocol/exporting.ts";
import type { Exported } from "../../store/export-state.ts";
import { useLook } from "../store-context.ts";
import { barLine, megabytes } from "./consequences.ts";
import { FolderLine } from "./FolderLine.tsx";
import { ParityTable } from "./ParityTable.tsx";

export function ExportResult() {
  const exported = useLook((state) => state.exported);
  if (!exported) return <Nothing />;
  const { card, pictures, files } = exported;
  return (
    <div className="result">
      <Verdict exported={exported} />
      {card && (
        <section aria-label="Numbers">
          <h2>
            Against the original
            <span className="faint">
              {" "}
              on {card.images.description}, on {card.device}
            </span>
          </h2>
          <ParityTable exports={card.exports} />
          <ul className="bars">
            {card.exports.map(({ precision, bar, reason }) => (
              <li key={precision}>
                <b className="num">{precision}</b> {barLine(bar)}.{" "}
                <span className="faint">{reason}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {pictures.length > 0 && (
        <section aria-label="Pictures">
          <h2>
            Principal components, side by side
            <span className="faint"> in the basis and colours of the original</span>
          </h2>
          <ul className="parity-pictures">
            {pictures.map(({ name, caption, url }) => (
              <li key={name}>
                <img src={url} alt={caption} title={caption} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="Files">
        <details>
          <summary>
            {files.length} files, {megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}
          </summary>
          <ul className="exported-files num">
            {files.map(({ name, bytes }) => (
              <li key={name}>
                <span>{name}</span> <span className="faint">{megabytes(bytes)}</span>
              </li>
            ))}
          </ul>
        </details>
      </section>
    </div>
  );
}

function Verdict({ exported: { card, folder } }: { exported: Exported }) {
  const failed = card?.exports.filter(({ verdict }) => verdict === "fail") ?? [];
  const kind = !card || failed.length > 0 ? "fading" : "fine";
  return (
    <section className={`verdict ${kind}`} aria-label="Verdict">
      <h2 role="status">
        {!card ? (
          <>
            <span>Not proved.</span> Nothing was compared with the original.
          </>
        ) : failed.length > 0 ? (
          <>
            <span>Failed:</span> {failed.map(({ precision }) => precision).join(", ")}
          </>
        ) : (
          <>
            <span>✓ The same model,</span> within every bar
          </>
        )}
      </h2>
      <p className="sentence">{sentence(card?.exports, failed)}</p>
      <FolderLine folder={folder} />
    </section>
  );
}

function sentence(
  exports: readonly ExportParity[] | undefined,
  failed: readonly ExportParity[],
): string {
  if (!exports) return "The card in the folder says so. gramscope verify proves it later.";
  if (failed.length === 0) {
    return "The folder holds this card as README.md and parity.json; gramscope verify repeats it.";
  }
  const [first] = failed;
  const rest = exports.length > failed.length ? " The others hold." : "";
  return `${first!.reason} The name of what failed says so, and no loader finds it.${rest} Take a more exact precision.`;
}

function Nothing() {
  const isGoing = useLook((state) => state.job?.tab === "export");
  return (
    <div className="nothing">
      {isGoing ? (
        <p>Its card appears here.</p>
      ) : (
        <>
          <p>Take a model to another program, with proof that it computes the same.</p>
          <p className="faint">
            Choose formats and precisions on the left and press Export. Every file is loaded again
            as others would load it and compared with the original, patch by patch.
          </p>
        </>
      )}
    </div>
  );
}
