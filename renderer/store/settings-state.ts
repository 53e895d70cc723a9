/** What a person settles once for this browser or window: its shape, and how it is read back. */
import { z } from "zod";
import { colormapNames } from "../../engine/protocol/colormap.ts";

export const themes = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof themes)[number];

/** `system`: as the system asks for. */
export const motions = ["system", "reduced", "full"] as const;

/** Percent of the size that the page is made for. */
export const textSizes = { least: 80, most: 200, step: 10 } as const;

const schema = z.object({
  theme: z.enum(themes),
  textSize: z.number().int().min(textSizes.least).max(textSizes.most),
  motion: z.enum(motions),
  /** Of a view that begins; a link to a view brings its own. */
  colormap: z.enum(colormapNames),
});
export type Settings = Readonly<z.infer<typeof schema>>;

export const defaultSettings: Settings = {
  theme: "system",
  textSize: 100,
  motion: "system",
  colormap: "viridis",
};

/** @param text what was kept; each value that cannot be read is as if it had never been set */
export function readSettings(text: string | null): Settings {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? "{}");
  } catch {
    return defaultSettings;
  }
  if (typeof kept !== "object" || kept === null) return defaultSettings;
  const read = Object.entries(kept as Record<string, unknown>).filter(
    ([name, value]) =>
      schema
        .partial()
        .strict()
        .safeParse({ [name]: value }).success,
  );
  return { ...defaultSettings, ...Object.fromEntries(read) };
}

export interface SettingsState {
  readonly settings: Settings;
  setSettings(change: Partial<Settings>): void;
}
