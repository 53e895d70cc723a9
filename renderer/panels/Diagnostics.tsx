/** The first-run check: what the engine runs on, how pictures are drawn, and a file for bug reports. */
import { useStore } from "zustand";
import { saveFile } from "../connection/desktop.ts";
import { paintReport } from "../scene/timings.ts";
import type { Look } from "../store/look.ts";
import { diagnosticsText } from "./diagnostics-file.ts";
import { Facts } from "./fields.tsx";
import { DialogHeader, ModalDialog } from "./ModalDialog.tsx";
import { formatGigabytes, formatMs } from "./numbers.ts";
import { useLook, useLookStore } from "./store-context.ts";
import { Words } from "./learn/Words.tsx";

export function Diagnostics() {
  const isOpen = useLook((state) => state.dialog === "check");
  const openDialog = useLook((state) => state.openDialog);
  const refresh = useLook((state) => state.refreshInfo);
  const open = () => {
    void refresh();
    openDialog("check");
  };
  const close = () => openDialog(undefined);
  return (
    <>
      <button title="What the engine runs on, memory, disk and versions" onClick={open}>
        Check
      </button>
      <ModalDialog
        isOpen={isOpen}
        label="Check of this installation"
        className="diagnostics"
        onClose={close}
      >
        <Report close={close} />
      </ModalDialog>
    </>
  );
}

function Report({ close }: { close: () => void }) {
  const store = useLookStore();
  const info = useLook((state) => state.info);
  const connection = useLook((state) => state.connection.kind);
  const features = useLook((state) => state.features.main);
  const paint = useStore(paintReport);
  const save = async () => {
    const text = diagnosticsText(store.getState(), {
      paint: paintReport.getState(),
      timings: window.gramscopeTimings ?? [],
      browser: navigator.userAgent,
      now: new Date(),
    });
    await saveFile("gramscope-diagnostics.json", new TextEncoder().encode(text));
  };
  const machine = info?.machine;
  return (
    <>
      <DialogHeader title="Check of this installation" close={close} />
      {info && (
        <ul className="checks" aria-label="Executors">
          {info.executors.map(({ name, chosen, available, reason, remedy, device }) => (
            <li key={name}>
              <b className={chosen ? "good" : "faint"}>
                {chosen ? "in use" : available ? "ready" : "not here"}
              </b>
              <span>
                <strong>{name}</strong> {device !== undefined && <em>{device}. </em>}
                <Words>{reason}</Words>
                {remedy !== undefined && (
                  <span className="remedy">
                    <Words>{remedy}</Words>
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Facts facts={factsOf(info, connection, paint)} isProse />
      <p className="note">
        <Words>
          {features && `Features took ${formatMs(features.elapsedMs)} on ${features.executor}. `}
        </Words>
        {paint.mapMs !== undefined && `The last map took ${formatMs(paint.mapMs)}. `}
        {machine?.disk && machine.disk.free < 2 ** 30 && (
          <b className="warning">Less than 1 GB is free on the disk. </b>
        )}
        Nothing is sent anywhere. The exported file holds what is shown here, the notices of this
        page and its timings; no photographs, no paths of them and nothing that lets others in.
      </p>
      <div className="dialog-foot">
        <button onClick={() => void save()}>Export diagnostics</button>
      </div>
    </>
  );
}

function factsOf(
  info: Look["info"],
  connection: string,
  paint: { path: string; why: string | undefined },
) {
  const machine = info?.machine;
  const size = (bytes: number) => `${formatGigabytes(bytes)} GB`;
  const drawn = paint.path === "webgl" ? "WebGL 2, by three.js" : "2D canvas";
  const lines: Record<string, string | undefined> = {
    Engine: info ? `${info.version}, protocol ${info.protocol}, ${connection}` : connection,
    Machine: machine && `${machine.system}, ${machine.cores} cores, ${machine.processor}`,
    Node: machine?.node,
    Memory: info && `${size(info.memory.resident)} in use, of ${size(info.memory.total)}`,
    Disk: machine?.disk && `${size(machine.disk.free)} free, of ${size(machine.disk.total)}`,
    Drawing: paint.why === undefined ? drawn : `${drawn}: ${paint.why}`,
  };
  return Object.entries(lines).flatMap(([label, text]) =>
    text === undefined ? [] : [{ label, text: <span className="num">{text}</span> }],
  );
}
