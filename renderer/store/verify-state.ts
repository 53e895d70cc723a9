/** Proofs that are repeated, as the page knows them: of which folder, against what, and what was found. */
import type { Verification } from "../../engine/protocol/verifying.ts";
import type { ProofForm } from "./proof-form.ts";

export const exportTabs = ["export", "verify"] as const;
export type ExportTab = (typeof exportTabs)[number];

/** Kept while pages change. Images, their number and their size count where there is an original. */
export interface VerifyForm extends ProofForm {
  /** An exported folder, or one .onnx file of it. */
  readonly folder: string;
  /** "": its features that lie in the folder. */
  readonly original: string;
}

export interface VerifyState {
  readonly exportTab: ExportTab;
  readonly verifyForm: VerifyForm;
  readonly verified: Verification | undefined;
  setExportTab(tab: ExportTab): void;
  setVerifyForm(change: Partial<VerifyForm>): void;
  startVerify(): Promise<void>;
}
