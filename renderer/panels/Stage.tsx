/** The middle of the window: the photograph, what it is compared with and its Gram matrix, as they are arranged. */
import { Fragment, lazy, Suspense, useEffect, useRef } from "react";
import { Group, Panel, Separator, type GroupImperativeHandle } from "react-resizable-panels";
import type { OtherPaneId } from "../store/panes-state.ts";
import { isGramShown, isSpaceShown } from "../store/selectors.ts";
import { GramPane } from "./GramPane.tsx";
import { PaneGrid } from "./panes/PaneGrid.tsx";
import { PhotoPane } from "./PhotoPane.tsx";
import { useLook } from "./store-context.ts";

/** Loaded when it is looked at. */
const SpacePane = lazy(async () => ({
  default: (await import("./space/SpacePane.tsx")).SpacePane,
}));

/** One pane beside the main one can be made larger; more of them lie in a grid. */
type PanelId = "main" | OtherPaneId | "panes" | "gram" | "space";

export function Stage() {
  const beside = useLook(({ panes }) => (panes.length === 1 ? panes[0]!.id : undefined));
  const isMany = useLook(({ panes }) => panes.length > 1);
  const gram = useLook(isGramShown);
  const space = useLook(isSpaceShown);
  const direction = useLook((state) => state.layout.direction);
  const isSwapped = useLook((state) => state.layout.isSwapped);
  const sizes = useLook((state) => state.layout.sizes);
  const setLayout = useLook((state) => state.setLayout);
  const group = useRef<GroupImperativeHandle>(null);

  const panes: PanelId[] = [
    isMany ? "panes" : "main",
    ...(beside ? [beside] : []),
    ...(gram ? (["gram"] as const) : []),
    ...(space ? (["space"] as const) : []),
  ];
  if (isSwapped) panes.reverse();
  const names = panes.toSorted().join(" ");
  const kept = useRef(sizes);
  useEffect(() => {
    kept.current = sizes;
  }, [sizes]);

  // Each set of panes has its own sizes; the panes themselves stay, with what they have drawn.
  useEffect(() => {
    const ids = names.split(" ");
    const even = Object.fromEntries(ids.map((id) => [id, 100 / ids.length]));
    const frame = requestAnimationFrame(() => {
      const held = Object.keys(group.current?.getLayout() ?? {});
      // The library takes note of a new pane in its own time.
      if (held.toSorted().join(" ") === names) {
        group.current?.setLayout(kept.current[names] ?? even);
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [names]);

  return (
    <main className="stage">
      <Group
        groupRef={group}
        style={leastSize(direction, panes.length)}
        orientation={direction === "across" ? "horizontal" : "vertical"}
        onLayoutChanged={(layout, { isUserInteraction }) => {
          if (isUserInteraction) setLayout({ sizes: { ...kept.current, [names]: layout } });
        }}
      >
        {panes.map((id, index) => (
          <Fragment key={id}>
            {index > 0 && (
              <Separator className="divider" aria-label="Divider: drag it or use its arrow keys" />
            )}
            <Panel id={id} minSize="15%" defaultSize={`${100 / panes.length}%`}>
              <StagePane id={id} />
            </Panel>
          </Fragment>
        ))}
      </Group>
    </main>
  );
}

/** What many panes need to be of use; beyond the room that there is, the stage scrolls. */
function leastSize(direction: "across" | "down", count: number): React.CSSProperties {
  return direction === "across"
    ? { minWidth: `calc(${count} * (60px + 110px * var(--text)))` }
    : { minHeight: `calc(${count} * 110px * var(--text))` };
}

function StagePane({ id }: { id: PanelId }) {
  if (id === "gram") return <GramPane />;
  if (id === "panes") return <PaneGrid />;
  if (id !== "space") return <PhotoPane pane={id} />;
  return (
    <Suspense fallback={<section className="pane" aria-label="Space" />}>
      <SpacePane />
    </Suspense>
  );
}
