/** The middle of the window: the photograph, beside it what it is compared with or its Gram matrix. */
import { isCompared } from "../store/selectors.ts";
import { GramPane } from "./GramPane.tsx";
import { PhotoPane } from "./PhotoPane.tsx";
import { useLook } from "./store-context.ts";

export function Stage() {
  const compared = useLook(isCompared);
  const isGram = useLook((state) => state.view.probe === "gram");
  return (
    <main className={compared || isGram ? "stage two" : "stage"}>
      <PhotoPane pane="main" />
      {compared && <PhotoPane pane="second" />}
      {isGram && <GramPane />}
    </main>
  );
}
