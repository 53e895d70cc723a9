/** The top line: what is looked at, what it runs on, and light or dark. */
import { photographOf } from "../store/selectors.ts";
import { useLook } from "./store-context.ts";
import { toggleTheme } from "./theme.ts";

export function Header() {
  const model = useLook((state) => state.model);
  const photograph = useLook((state) => photographOf(state, "main"));
  const executor = useLook((state) => state.info?.executors.find((one) => one.chosen));
  const what = [model?.name, photograph?.name].filter(Boolean).join(" · ");
  return (
    <header className="top">
      <b>Gramscope</b>
      <span className="subject">{what}</span>
      {executor && (
        <span className="chip" title={`${executor.device ?? executor.name}. ${executor.reason}`}>
          <i className="dot" /> runs on {executor.name}
        </span>
      )}
      <button title="Light or dark (T)" onClick={() => toggleTheme()}>
        Light / dark
      </button>
    </header>
  );
}
