/** The frame: images and model on the left, the stage, the probe on the right, status below. */
import { lazy, Suspense, useEffect } from "react";
import { Dialogs } from "./panels/actions/Dialogs.tsx";
import { useFileDrops } from "./panels/file-drops.ts";
import { Header } from "./panels/Header.tsx";
import { ImageStrip } from "./panels/ImageStrip.tsx";
import { LostEngine } from "./panels/LostEngine.tsx";
import { ModelPanel } from "./panels/ModelPanel.tsx";
import { Notices } from "./panels/Notices.tsx";
import { ProbePanel } from "./panels/ProbePanel.tsx";
import { RecentFiles } from "./panels/RecentFiles.tsx";
import { ResultPanel } from "./panels/ResultPanel.tsx";
import { handleKey } from "./panels/shortcuts.ts";
import { Stage } from "./panels/Stage.tsx";
import { StatusBar } from "./panels/StatusBar.tsx";
import { useLook, useLookStore } from "./panels/store-context.ts";
import { OpenRun } from "./panels/timeline/OpenRun.tsx";
import { TimelineDock } from "./panels/timeline/TimelineDock.tsx";
import { Welcome } from "./panels/Welcome.tsx";
import type { Page as PageName } from "./store/layout-state.ts";

/** Charts and the recipe's editor are loaded when they are looked at. */
const TrainPage = lazy(async () => ({
  default: (await import("./panels/train/TrainPage.tsx")).TrainPage,
}));

const MeasurePage = lazy(async () => ({
  default: (await import("./panels/measure/MeasurePage.tsx")).MeasurePage,
}));

const ExportPage = lazy(async () => ({
  default: (await import("./panels/export/ExportPage.tsx")).ExportPage,
}));

const LearnPage = lazy(async () => ({
  default: (await import("./panels/learn/LearnPage.tsx")).LearnPage,
}));

const LessonDock = lazy(async () => ({
  default: (await import("./panels/learn/LessonDock.tsx")).LessonDock,
}));

const TermPopover = lazy(async () => ({
  default: (await import("./panels/learn/TermPopover.tsx")).TermPopover,
}));

const otherPages: Readonly<Record<Exclude<PageName, "look">, React.ComponentType>> = {
  train: TrainPage,
  measure: MeasurePage,
  export: ExportPage,
  learn: LearnPage,
};

export function App({ retry }: { retry: () => void }) {
  const store = useLookStore();
  const isDragging = useFileDrops();
  const left = useLook((state) => state.layout.left);
  const right = useLook((state) => state.layout.right);
  const page = useLook((state) => state.page);

  const lesson = useLook((state) => state.lesson);
  const hasLesson = lesson !== undefined && page !== "learn" ? " with-lesson" : "";

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (handleKey(event, store.getState())) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [store]);

  if (page !== "look") {
    const Page = otherPages[page];
    return (
      <div className={`app ${page}${hasLesson}`}>
        <Header />
        <Suspense fallback={<main className="middle" />}>
          <Page />
        </Suspense>
        <Learning />
        <StatusBar />
        <LostEngine retry={retry} />
        <div className="page-notices">
          <Notices />
        </div>
        <Dialogs />
      </div>
    );
  }
  return (
    <div className={`app${left ? "" : " no-left"}${right ? "" : " no-right"}${hasLesson}`}>
      <Header />
      <aside className="left" hidden={!left} aria-label="Images and model">
        <ImageStrip />
        <OpenRun />
        <ModelPanel />
        <RecentFiles />
      </aside>
      <div className="middle">
        <Notices />
        <Stage />
        <TimelineDock />
        <Welcome />
      </div>
      <aside className="right" hidden={!right} aria-label="Probe and results">
        <ProbePanel />
        <ResultPanel />
      </aside>
      <Learning />
      <StatusBar />
      <LostEngine retry={retry} />
      <Dialogs />
      {isDragging && <div className="drop-here">Drop to open</div>}
    </div>
  );
}

/** The lesson beside the page, and the word that is explained. */
function Learning() {
  const lesson = useLook((state) => state.lesson);
  const isListed = useLook((state) => state.page === "learn");
  const hasTerm = useLook((state) => state.terms !== undefined);
  return (
    <>
      {lesson && !isListed && (
        <Suspense fallback={<aside className="lesson" aria-label="Lesson" />}>
          <LessonDock key={lesson} name={lesson} />
        </Suspense>
      )}
      {hasTerm && (
        <Suspense fallback={null}>
          <TermPopover />
        </Suspense>
      )}
    </>
  );
}
