/** The palette: every action that can be done now, found by typing, with its keys beside it. */
import { Command } from "cmdk";
import { useMemo, useState } from "react";
import { useLookStore } from "../store-context.ts";
import { actionGroups, type Action } from "./action.ts";
import { KeyCaps } from "./KeyCaps.tsx";
import { listedActions } from "./listed-actions.ts";
import { matchOf } from "./match.ts";
import { availableActions } from "./registry.ts";

export function Palette() {
  const store = useLookStore();
  // As they are now: what the program does meanwhile must not move what is about to be chosen.
  const [state] = useState(() => store.getState());
  const groups = useMemo(() => {
    const all = [...availableActions(state), ...listedActions(state)];
    return actionGroups
      .map((group) => ({ group, list: all.filter((action) => action.group === group) }))
      .filter(({ list }) => list.length > 0);
  }, [state]);
  const run = (action: Action, at: number) => {
    store.getState().openDialog(undefined);
    action.run(store.getState(), at);
  };
  return (
    <Command label="Find an action" filter={matchOf} loop>
      <Command.Input placeholder="What would you like to do?" autoFocus data-first />
      <Command.List label="Actions">
        <Command.Empty>No action has these words.</Command.Empty>
        {groups.map(({ group, list }) => (
          <Command.Group key={group} heading={group}>
            {list.map((action) => (
              <Command.Item
                key={action.id}
                value={action.title}
                keywords={[group, action.words ?? ""]}
                onSelect={() => run(action, performance.now())}
              >
                <span>{action.title}</span>
                {action.keys[0] !== undefined && <KeyCaps combination={action.keys[0]} />}
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
    </Command>
  );
}
