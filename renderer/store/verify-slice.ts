/** Proofs that are repeated: the form, the engine's work on it, and what the last one found. */
import { exportPrecisions } from "../../engine/protocol/exporting.ts";
import type { VerifyWishInput } from "../../engine/protocol/verifying.ts";
import { baseName } from "./base-name.ts";
import type { Slice } from "./look.ts";
import { firstProof, readBars, readProofImages } from "./proof-form.ts";
import type { VerifyForm, VerifyState } from "./verify-state.ts";

export const verifySlice: Slice<VerifyState> = (set, get, { engine }) => ({
  exportTab: "export",
  verifyForm: { folder: "", original: "", ...firstProof },
  verified: undefined,
  setExportTab(exportTab) {
    set({ exportTab });
  },
  setVerifyForm(change) {
    get().record(`verify ${Object.keys(change).join(" ")}`, "export");
    set({ verifyForm: { ...get().verifyForm, ...change } });
  },
  async startVerify() {
    const { verifyForm: form, exporting, rememberPath } = get();
    const wish = verifyWishOf(form, exporting?.samplesFolder);
    if ("problem" in wish) return;
    const title = `Verifying ${baseName(wish.path)}`;
    const verified = await get().runJob({ tab: "verify", title }, (options) =>
      engine.call("export.verify", wish, options),
    );
    if (!verified) return;
    set({ verified });
    rememberPath("export", wish.path);
    if (wish.against === undefined) return;
    rememberPath("model", wish.against);
    if (form.images === "folder" && wish.images !== undefined) rememberPath("images", wish.images);
  },
});

/** What to ask for, or what the form still lacks, in words. */
export function verifyWishOf(
  form: VerifyForm,
  samplesFolder: string | undefined,
): VerifyWishInput | { readonly problem: string } {
  const path = form.folder.trim();
  if (path === "") return { problem: "Give the folder of an export." };
  const bars = readBars(form, exportPrecisions);
  if ("problem" in bars) return bars;
  const against = form.original.trim();
  if (against === "") return { path, ...bars };
  const images = readProofImages(form, samplesFolder);
  return "problem" in images ? images : { path, against, ...images, ...bars };
}
