/** The card of the last export: the verdict first, then the numbers, the pictures and the files. */
import type { ExportParity } from "../../../engine/protocol/exporting.ts";
import { useLook } from "../store-context.ts";
import { megabytes } from "./consequences.ts";
import { failedOf, Numbers, Verdict } from "./ProofCard.tsx";
import { Words } from "../learn/Words.tsx";

export function ExportResult() {
  const exported = useLook((state) => state.exported);
  if (!exported) return <Nothing />;
  const { card, pictures, files, folder } = exported;
  return (
    <div className="result">
      <Verdict exports={card?.exports} sentence={sentence(card?.exports)} folder={folder} />
      {card && (
        <Numbers exports={card.exports}>
          <Words>{`on ${card.images.description}, on ${card.device}`}</Words>
        </Numbers>
      )}
      {pictures.length > 0 && (
        <section aria-label="Pictures">
          <h2>
            <Words>Principal components, side by side</Words>
            <span className="faint">
              {" "}
              <Words>in the basis and colours of the original</Words>
            </span>
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

function sentence(exports: readonly ExportParity[] | undefined): string {
  if (!exports) return "The card in the folder says so. gramscope verify proves it later.";
  const failed = failedOf(exports);
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
            <Words>
              Choose formats and precisions on the left and press Export. Every file is loaded again
              as others would load it and compared with the original, patch by patch.
            </Words>
          </p>
        </>
      )}
    </div>
  );
}
