/** Light or dark, the size of text and motion, as a person settled them: put on the page's root. */
import type { Look, LookStore } from "../store/look.ts";
import type { Settings } from "../store/settings-state.ts";

/** Now and whenever they change. @returns stops following */
export function followSettings(store: LookStore, root: HTMLElement): () => void {
  applySettings(store.getState().settings, root);
  return store.subscribe(({ settings }, before) => {
    if (settings !== before.settings) applySettings(settings, root);
  });
}

function applySettings({ theme, textSize, motion }: Settings, root: HTMLElement): void {
  // The system's choice is the style sheet's to follow.
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  if (motion === "system") delete root.dataset["motion"];
  else root.dataset["motion"] = motion;
  // From here on rows of controls become columns.
  if (textSize > 120) root.dataset["text"] = "large";
  else delete root.dataset["text"];
  root.style.setProperty("--text", String(textSize / 100));
}

/** From what is seen now to the other. */
export function toggleTheme({ settings, setSettings }: Look): void {
  const isLight =
    settings.theme === "light" ||
    (settings.theme === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  setSettings({ theme: isLight ? "dark" : "light" });
}
