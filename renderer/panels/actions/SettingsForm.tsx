/** What a person settles once for this browser or window. */
import { colormapNames } from "../../../engine/protocol/colormap.ts";
import { motions, textSizes, themes } from "../../store/settings-state.ts";
import { Choice, Slider } from "../fields.tsx";
import { DialogHeader } from "../ModalDialog.tsx";
import { useLook } from "../store-context.ts";

const themeWords = { system: "as the system", light: "light", dark: "dark" };
const motionWords = { system: "as the system", reduced: "reduced", full: "full" };

export function SettingsForm({ close }: { close: () => void }) {
  const settings = useLook((state) => state.settings);
  const setSettings = useLook((state) => state.setSettings);
  const setView = useLook((state) => state.setView);
  return (
    <>
      <DialogHeader title="Settings" close={close} />
      <Choice
        label="Light or dark"
        value={settings.theme}
        options={themes.map((value) => ({ value, label: themeWords[value] }))}
        onChange={(theme) => setSettings({ theme })}
      />
      <Slider
        label="Text size"
        min={textSizes.least}
        max={textSizes.most}
        step={textSizes.step}
        value={settings.textSize}
        shown={`${settings.textSize} %`}
        onChange={(textSize) => setSettings({ textSize })}
      />
      <Choice
        label="Motion"
        value={settings.motion}
        options={motions.map((value) => ({ value, label: motionWords[value] }))}
        onChange={(motion) => setSettings({ motion })}
      />
      <Choice
        label="Colour map of a new view"
        value={settings.colormap}
        options={colormapNames.map((value) => ({ value, label: value }))}
        onChange={(colormap) => {
          setSettings({ colormap });
          setView({ colormap });
        }}
      />
      <p className="note">Kept in this browser or window; nothing is sent anywhere.</p>
    </>
  );
}
