/** Exports as the page knows them: how one is asked for, and what the last one proved. */
import type {
  ExportDescription,
  ExportFormat,
  ExportPrecision,
  ExportResult,
  ExportWishInput,
  ModelNames,
} from "../../engine/protocol/exporting.ts";
import type { ProofForm } from "./proof-form.ts";

/** What a person fills in, numbers as they are typed; kept while pages change. */
export interface ExportForm extends ProofForm {
  readonly model: string;
  readonly format: ExportFormat;
  /** One file each. */
  readonly onnx: readonly ExportPrecision[];
  /** The one of a model directory. */
  readonly directory: ExportPrecision;
  /** Whose names a model directory gets. */
  readonly names: ModelNames;
  /** Photographs that int8-static is calibrated on. */
  readonly calibrationFolder: string;
  readonly opset: string;
  readonly isFused: boolean;
  readonly isProved: boolean;
  /** Where it is written to; "": as it is offered. */
  readonly folder: string;
}

export interface ExportPicture {
  readonly name: string;
  readonly caption: string;
  /** Address for an <img>. */
  readonly url: string;
}

export interface Exported extends Omit<ExportResult, "pictures"> {
  readonly wish: ExportWishInput;
  readonly pictures: readonly ExportPicture[];
}

export interface ExportState {
  readonly exportForm: ExportForm;
  /** Undefined until the engine has said. */
  readonly exporting: ExportDescription | undefined;
  readonly exported: Exported | undefined;
  setExportForm(change: Partial<ExportForm>): void;
  /** What is looked at is most likely what is taken away; a model that was written down stays. */
  offerExportModel(path: string): void;
  /** Ask what can be exported; after every connection. */
  describeExporting(): Promise<void>;
  startExport(): Promise<void>;
}
