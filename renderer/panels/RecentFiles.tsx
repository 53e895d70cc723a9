/** Models and photographs that were opened lately: open one again, or remove one that is gone. */
import { useLook } from "./store-context.ts";

export function RecentFiles() {
  const recent = useLook((state) => state.recent);
  const openRecent = useLook((state) => state.openRecent);
  const forgetRecent = useLook((state) => state.forgetRecent);
  if (recent.length === 0) return null;
  return (
    <section aria-label="Recent">
      <h2>Recent</h2>
      <ul className="recent">
        {recent.map((one) => (
          <li key={one.path} className={one.exists ? "" : "gone"}>
            <button title={`${one.kind}: ${one.path}`} onClick={() => void openRecent(one)}>
              {one.name}
            </button>
            {!one.exists && (
              <>
                <span>is gone</span>
                <button title="Take it off this list" onClick={() => forgetRecent(one.path)}>
                  Remove
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
