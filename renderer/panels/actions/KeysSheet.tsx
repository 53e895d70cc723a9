/** The list of all keys, by page. */
import { DialogHeader } from "../ModalDialog.tsx";
import { KeyCaps } from "./KeyCaps.tsx";
import { keysByScope } from "./keys-list.ts";
import { Words } from "../learn/Words.tsx";

export function KeysSheet({ close }: { close: () => void }) {
  return (
    <>
      <DialogHeader title="Keyboard" close={close} />
      <div className="keys-columns">
        {keysByScope().map(({ title, list }) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <dl>
              {list.map(({ id, title: what, keys }) => (
                <div key={id}>
                  <dt>
                    {keys.map((combination) => (
                      <KeyCaps key={combination} combination={combination} />
                    ))}
                  </dt>
                  <dd>
                    <Words>{what}</Words>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </>
  );
}
