/** In what a pane differs from the main one: a small form that opens from the pane's head. */
import { useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { probeNames } from "../../../engine/protocol/probes.ts";
import {
  links,
  pairings,
  type Link,
  type OtherPane,
  type OtherPaneId,
} from "../../store/panes-state.ts";
import { probeLabels } from "../../store/probe-slice.ts";
import { allPanes, isLinked, ownParts, seenIn } from "../../store/seen.ts";
import type { Pane, View } from "../../store/view-state.ts";
import { Choice } from "../fields.tsx";
import { Icon } from "../Icon.tsx";
import { useLook } from "../store-context.ts";
import { ModelChoice } from "./ModelChoice.tsx";
import { paneNumber, paneTitle } from "./pane-title.ts";
import { TermMark } from "../learn/Words.tsx";

const same = "";

export function PaneMenu({ pane }: { pane: OtherPaneId }) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const own = useLook((state) => ownParts(state, pane));
  const [isOpen, setOpen] = useState(false);
  // A pane that differs in nothing was just opened: what it should show is the next thing to say.
  const opened = useEffectEvent(() => {
    // From its button, beneath which it lies.
    if (own && isLikeMain(own)) box.current?.showPopover({ source: opener.current! });
  });
  useEffect(() => opened(), []);
  const focusFirst = () => box.current?.querySelector<HTMLElement>("select, input")?.focus();
  // Its contents are there from now on.
  useEffect(() => {
    if (isOpen) focusFirst();
  }, [isOpen]);
  const close = () => {
    box.current?.hidePopover();
    // The browser gives the focus back to what had it; where that was nothing, it would be lost.
    if (box.current?.contains(document.activeElement)) opener.current?.focus();
  };
  if (!own) return null;
  return (
    <>
      <button
        ref={opener}
        popoverTarget={id}
        title="What this pane shows of its own, and what follows pane 1"
        aria-label="What this pane shows"
      >
        <Icon name="more" />
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        className="pane-menu"
        role="dialog"
        aria-label="What this pane shows of its own"
        onToggle={({ newState }) => {
          // Closed and opened at once is told once, and the contents were there all the while.
          if (isOpen && newState === "open") focusFirst();
          setOpen(newState === "open");
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || event.defaultPrevented) return;
          event.preventDefault();
          close();
        }}
      >
        {isOpen && (
          <>
            <Contents pane={pane} own={own} />
            <Links pane={pane} />
            <Against pane={pane} own={own} />
          </>
        )}
      </div>
    </>
  );
}

const isLikeMain = ({ photograph, model, view, against }: OtherPane) =>
  photograph === undefined && model === undefined && !against && Object.keys(view).length === 0;

function Contents({ pane, own }: { pane: OtherPaneId; own: OtherPane }) {
  const photographs = useLook((state) => state.photographs);
  const model = useLook((state) => seenIn(state, pane).model);
  const changePane = useLook((state) => state.changePane);
  const changeView = useLook((state) => state.changePaneView);
  const depth = model?.depth ?? 1;
  const unit = model?.stages ? "stage" : "block";
  const { layer, probe, norm } = own.view;
  const asPane1 = { value: same, label: "as in pane 1" };
  return (
    <>
      <Choice
        label="Photograph"
        value={own.photograph ?? same}
        options={[asPane1, ...photographs.map(({ key, name }) => ({ value: key, label: name }))]}
        onChange={(key) => changePane(pane, { photograph: key === same ? undefined : key })}
      />
      <ModelChoice pane={pane} own={own} />
      <Choice
        label="Layer"
        means="block"
        value={layer === undefined ? same : String(layer)}
        options={[
          asPane1,
          ...Array.from({ length: depth }, (_, index) => ({
            value: index === depth - 1 ? "last" : String(index),
            label: `${unit} ${index + 1}${index === depth - 1 ? ", the last" : ""}`,
          })),
        ]}
        onChange={(text) =>
          changeView(pane, {
            layer: text === same ? undefined : text === "last" ? "last" : Number(text),
          })
        }
      />
      <Choice
        label="Final norm"
        value={norm === undefined ? same : norm ? "after" : "before"}
        options={[
          asPane1,
          { value: "after", label: "after the final norm" },
          { value: "before", label: "as the block leaves them" },
        ]}
        onChange={(text) =>
          changeView(pane, { norm: text === same ? undefined : text === "after" })
        }
      />
      <Choice
        label="Probe"
        value={probe ?? same}
        options={[
          asPane1,
          ...probeNames
            .filter((name) => name !== "gram")
            .map((name) => ({ value: name, label: probeLabels[name] })),
        ]}
        onChange={(text) =>
          changeView(pane, { probe: text === same ? undefined : (text as View["probe"]) })
        }
      />
    </>
  );
}

const linkWords: Readonly<Record<Link, string>> = {
  query: "query patch",
  zoom: "zoom",
  range: "colour range",
  basis: "PCA basis",
};

function Links({ pane }: { pane: OtherPaneId }) {
  const setLink = useLook((state) => state.setLink);
  const linked = useLook((state) => links.filter((link) => isLinked(state, pane, link)).join(" "));
  return (
    <fieldset className="links">
      <legend>Linked with pane 1</legend>
      {links.map((link) => (
        <div key={link} className="named">
          <label>
            <input
              type="checkbox"
              checked={linked.split(" ").includes(link)}
              onChange={({ target }) => setLink(pane, link, target.checked)}
            />
            {linkWords[link]}
          </label>
          <TermMark of={linkWords[link]} />
        </div>
      ))}
    </fieldset>
  );
}

const pairingWords = {
  difference: "difference from it",
  wipe: "wipe between both",
  blink: "blink between both",
};

function Against({ pane, own }: { pane: OtherPaneId; own: OtherPane }) {
  const changePane = useLook((state) => state.changePane);
  // Written as one text, so that nothing is drawn again while it is the same.
  const others = useLook((state) =>
    allPanes(state)
      .filter((one) => one !== pane && seenIn(state, one).active === seenIn(state, pane).active)
      .map((one) => `${one}\t${paneNumber(state, one)}: ${paneTitle(state, one)}`)
      .join("\n"),
  );
  const options = others === "" ? [] : others.split("\n").map((line) => line.split("\t"));
  const { against } = own;
  return (
    <div className="pair">
      <Choice
        label="Against"
        title="Another pane over the same photograph"
        value={against?.pane ?? same}
        options={[
          { value: same, label: options.length === 0 ? "no pane over this photograph" : "nothing" },
          ...options.map(([value = "", label = ""]) => ({ value, label })),
        ]}
        onChange={(text) =>
          changePane(pane, {
            against:
              text === same ? undefined : { pane: text as Pane, how: against?.how ?? "difference" },
          })
        }
      />
      {against && (
        <Choice
          label="How"
          value={against.how}
          options={pairings.map((value) => ({ value, label: pairingWords[value] }))}
          onChange={(how) => changePane(pane, { against: { ...against, how } })}
        />
      )}
    </div>
  );
}
