/** The top line: what is looked at, what it runs on, and light or dark. */
import { canRedo, canUndo } from "../store/history-slice.ts";
import { pages, type Page } from "../store/layout-state.ts";
import { isGramShown, isSpaceShown, photographOf } from "../store/selectors.ts";
import { withKeys } from "./actions/registry.ts";
import { Diagnostics } from "./Diagnostics.tsx";
import { FigureButton, FigureWindow } from "./figure/SaveFigure.tsx";
import { Icon } from "./Icon.tsx";
import { GridDialog } from "./panes/GridDialog.tsx";
import { SessionButton } from "./session/SessionButton.tsx";
import { toggleTheme } from "./show-settings.ts";
import { useLook, useLookStore } from "./store-context.ts";

export function Header() {
  const model = useLook((state) => state.model);
  const photograph = useLook((state) => photographOf(state, "main"));
  const page = useLook((state) => state.page);
  const executor = useLook((state) => state.info?.executors.find((one) => one.chosen));
  const what = [model?.name, photograph?.name].filter(Boolean).join(" · ");
  return (
    <header className="top">
      <h1>Gramscope</h1>
      <Pages />
      <span className="subject" title={what}>
        {what}
      </span>
      {model?.trained === false && (
        <span
          className="chip untrained"
          title="What is shown is the photograph and the architecture; nothing was learnt."
        >
          <span>
            untrained<span className="wide-only">: random weights</span>
          </span>
        </span>
      )}
      {executor && (
        <span className="chip" title={`${executor.device ?? executor.name}. ${executor.reason}`}>
          <i className="dot" />
          <span>
            <span className="wide-only">runs on </span>
            {executor.name}
          </span>
        </span>
      )}
      {page !== "learn" && <TimeButtons />}
      {page === "look" && <Arrangement />}
      {page === "look" && <FigureButton />}
      <FigureWindow />
      <SessionButton isShown={page === "look"} />
      <Diagnostics />
      <WindowButtons />
    </header>
  );
}

const labels: Readonly<Record<Page, string>> = {
  look: "Look",
  train: "Train",
  measure: "Measure",
  export: "Export",
  learn: "Learn",
};

function Pages() {
  const page = useLook((state) => state.page);
  const setPage = useLook((state) => state.setPage);
  const isTraining = useLook((state) => state.status?.state === "playing");
  const job = useLook((state) => state.job);
  const jobPage = job && (job.tab === "export" ? "export" : "measure");
  return (
    <nav className="joined pages" aria-label="Pages">
      {pages.map((name) => (
        <button
          key={name}
          aria-current={page === name ? "page" : undefined}
          onClick={() => setPage(name)}
        >
          {labels[name]}
          {name === "train" && isTraining && <i className="dot" title="A run is going on" />}
          {name === jobPage && <i className="dot" title={job?.title} />}
        </button>
      ))}
    </nav>
  );
}

function WindowButtons() {
  const store = useLookStore();
  const openDialog = useLook((state) => state.openDialog);
  return (
    <span className="joined" role="group" aria-label="Window">
      <button
        title={withKeys("Find an action", "palette")}
        aria-label="Find an action"
        onClick={() => openDialog("palette")}
      >
        <Icon name="search" />
      </button>
      <button
        title={withKeys("Light or dark", "theme")}
        aria-label="Light or dark"
        onClick={() => toggleTheme(store.getState())}
      >
        <Icon name="theme" />
      </button>
      <button
        title={withKeys("Settings", "settings")}
        aria-label="Settings"
        onClick={() => openDialog("settings")}
      >
        <Icon name="settings" />
      </button>
    </span>
  );
}

function TimeButtons() {
  const isBack = useLook(canUndo);
  const isOn = useLook(canRedo);
  const undo = useLook((state) => state.undo);
  const redo = useLook((state) => state.redo);
  return (
    <span className="joined" role="group" aria-label="Undo and redo">
      <button title={withKeys("Undo", "undo")} aria-label="Undo" disabled={!isBack} onClick={undo}>
        <Icon name="undo" />
      </button>
      <button title={withKeys("Redo", "redo")} aria-label="Redo" disabled={!isOn} onClick={redo}>
        <Icon name="redo" />
      </button>
    </span>
  );
}

function Arrangement() {
  const layout = useLook((state) => state.layout);
  const setLayout = useLook((state) => state.setLayout);
  const isGram = useLook(isGramShown);
  const isGramProbe = useLook((state) => state.view.probe === "gram");
  const isSpace = useLook(isSpaceShown);
  const setView = useLook((state) => state.setView);
  const isAlone = useLook(
    (state) => state.panes.length === 0 && !isGramShown(state) && !isSpaceShown(state),
  );
  const { direction, isSwapped, left, right } = layout;
  const other = direction === "across" ? "down" : "across";
  return (
    <span className="joined" role="group" aria-label="Arrangement">
      <Toggle
        icon="left"
        label="Images and model"
        isOn={left}
        onClick={() => setLayout({ left: !left })}
      />
      <PaneButtons />
      <Toggle
        icon="gram"
        label={withKeys("Gram matrix beside the photograph", "gram")}
        isOn={isGram}
        disabled={isGramProbe}
        onClick={() => setLayout({ gram: !layout.gram })}
      />
      <Toggle
        icon="space"
        label={withKeys("Patches as points in space", "space")}
        isOn={isSpace}
        onClick={() => setView({ space: isSpace ? "off" : "pca" })}
      />
      <button
        title={other === "down" ? "Panes under each other" : "Panes side by side"}
        aria-label={other === "down" ? "Panes under each other" : "Panes side by side"}
        disabled={isAlone}
        onClick={() => setLayout({ direction: other })}
      >
        <Icon name={other} />
      </button>
      <button
        title="Swap the panes"
        aria-label="Swap the panes"
        disabled={isAlone}
        onClick={() => setLayout({ isSwapped: !isSwapped })}
      >
        <Icon name="swap" />
      </button>
      <Toggle
        icon="right"
        label="Probe and results"
        isOn={right}
        onClick={() => setLayout({ right: !right })}
      />
    </span>
  );
}

function PaneButtons() {
  const addPane = useLook((state) => state.addPane);
  const closePanes = useLook((state) => state.closePanes);
  const isAlone = useLook((state) => state.panes.length === 0);
  const isOpen = useLook((state) => state.dialog === "grid");
  const openDialog = useLook((state) => state.openDialog);
  return (
    <>
      <button
        title={withKeys("Another pane", "pane")}
        aria-label="Another pane"
        onClick={() => addPane()}
      >
        <Icon name="add" />
      </button>
      <button
        title="A grid of panes…"
        aria-label="A grid of panes"
        onClick={() => openDialog("grid")}
      >
        <Icon name="grid" />
      </button>
      {!isAlone && (
        <button
          title="Close all panes but the first"
          aria-label="Close all panes but the first"
          onClick={closePanes}
        >
          <Icon name="alone" />
        </button>
      )}
      {isOpen && <GridDialog onClose={() => openDialog(undefined)} />}
    </>
  );
}

function Toggle(props: {
  icon: "left" | "right" | "gram" | "space";
  label: string;
  isOn: boolean;
  disabled?: boolean;
  onClick: () => void;
}) {
  const { icon, label, isOn, disabled = false, onClick } = props;
  return (
    <button title={label} aria-label={label} aria-pressed={isOn} {...{ disabled, onClick }}>
      <Icon name={icon} />
    </button>
  );
}
