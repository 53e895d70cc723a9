/** The button that saves a report as JSON: all of its numbers, and how they were got. */
import { saveFile } from "../../connection/desktop.ts";
import { useLook } from "../store-context.ts";

export function SaveReport({ report, name }: { report: object; name: string }) {
  const notify = useLook((state) => state.notify);
  const save = async () => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(report, undefined, 2)}\n`);
    await saveFile(`${name}.json`, bytes).catch((error: unknown) =>
      notify("error", `The report was not saved: ${String(error)}`),
    );
  };
  return (
    <button title="All numbers and settings, as JSON" onClick={() => void save()}>
      Save report
    </button>
  );
}
