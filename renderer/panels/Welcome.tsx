/** The doors that a first visit finds beneath the stage, and what was worked on lately. */
import { baseName } from "../store/base-name.ts";
import { pages } from "../store/layout-state.ts";
import { openPhotographs } from "./open-photographs.ts";
import { useLook, useLookStore } from "./store-context.ts";

const most = 4;

export function Welcome() {
  const isOpen = useLook((state) => state.isWelcomeOpen);
  return isOpen ? <Doors /> : null;
}

function Doors() {
  const store = useLookStore();
  const showWelcome = useLook((state) => state.showWelcome);
  const openDialog = useLook((state) => state.openDialog);
  const learn = pages.find((page) => (page as string) === "learn");
  return (
    <section className="welcome" aria-label="Welcome">
      <header>
        <strong>Welcome to Gramscope</strong>
        <span className="faint">
          Above: what a small model sees in a photograph. Move the pointer over it.
        </span>
        <button onClick={() => showWelcome(false)} aria-label="Close the welcome">
          ×
        </button>
      </header>
      <div className="doors">
        <Door
          title="Look at my image"
          text="Open photographs, or drop them anywhere"
          onClick={() => void openPhotographs(store.getState())}
        />
        <Door
          title="Open a run"
          text="Scrub through the checkpoints of a training"
          onClick={() => openDialog("open-run")}
        />
        {learn && (
          <Door
            title="Learn"
            text="Short lessons beside the live program"
            onClick={() => store.getState().setPage(learn)}
          />
        )}
      </div>
      <RecentWork />
    </section>
  );
}

function Door({ title, text, onClick }: { title: string; text: string; onClick: () => void }) {
  return (
    <button className="door" onClick={onClick}>
      <strong>{title}</strong>
      <span className="faint">{text}</span>
    </button>
  );
}

/** Models and photographs as the window knows them, runs as this page was told them. */
function RecentWork() {
  const recent = useLook((state) => state.recent);
  const runs = useLook((state) => state.recentPaths.run);
  const openRecent = useLook((state) => state.openRecent);
  const openTimeline = useLook((state) => state.openTimeline);
  const there = recent.filter(({ exists }) => exists).slice(0, most);
  if (there.length === 0 && runs.length === 0) return null;
  return (
    <ul className="recent-work" aria-label="Recent work">
      {there.map((one) => (
        <li key={one.path}>
          <button title={`${one.kind}: ${one.path}`} onClick={() => void openRecent(one)}>
            {one.name}
          </button>
        </li>
      ))}
      {runs.slice(0, most).map((path) => (
        <li key={path}>
          <button title={`run: ${path}`} onClick={() => void openTimeline(path)}>
            {baseName(path)}
          </button>
        </li>
      ))}
    </ul>
  );
}
