/** The card of the last verification: whether it holds still, and whether the files are those of the card. */
import type { Verification } from "../../../engine/protocol/verifying.ts";
import { useLook } from "../store-context.ts";
import { failedOf, Numbers, Verdict } from "./ProofCard.tsx";
import { Words } from "../learn/Words.tsx";

export function VerifyResult() {
  const verified = useLook((state) => state.verified);
  if (!verified) return <Nothing />;
  const { exports, images, device, folder, against } = verified;
  return (
    <div className="result">
      <Verdict
        exports={exports}
        sentence={sentence(verified)}
        caution={changed(verified)}
        folder={folder}
      />
      <Numbers exports={exports}>
        <Words>{`(${against}) on ${images}, on ${device}`}</Words>
      </Numbers>
    </div>
  );
}

function sentence({ exports }: Verification): string {
  const failed = failedOf(exports);
  if (failed.length === 0) return "Loaded as others load it, it computes what the original does.";
  const rest = exports.length > failed.length ? " The others hold." : "";
  return `${failed[0]!.reason} What these files compute is not what the original does.${rest}`;
}

/** @returns undefined where all files are those of the card, or there is no card to tell */
function changed({ exports }: Verification): string | undefined {
  const names = exports.filter((one) => one.isAsWritten === false).map(({ file }) => file);
  if (names.length === 0) return undefined;
  const [verb, what] = names.length === 1 ? ["is not", "It was"] : ["are not", "They were"];
  return `${names.join(", ")} ${verb} what the card in the folder is about. ${what} changed or replaced since.`;
}

function Nothing() {
  const isGoing = useLook((state) => state.job?.tab === "verify");
  return (
    <div className="nothing">
      {isGoing ? (
        <p>Its card appears here.</p>
      ) : (
        <>
          <p>See for yourself that an export is the model that it says it is.</p>
          <p className="faint">
            Give its folder on the left and press Verify: from its files alone, or against the
            original on pictures of yours.
          </p>
        </>
      )}
    </div>
  );
}
