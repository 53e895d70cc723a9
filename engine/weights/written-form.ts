/** A model as another program has it: what config.json says, and under which names its tensors lie. */
import type { Preprocessor } from "../image/preprocessor.ts";
import type { BackboneConfig } from "../model/config.ts";
import type { FamilyName } from "./families.ts";
import type { Spelling } from "./name-table.ts";

export interface ModelToForm {
  /** What a person would call it. */
  readonly name: string;
  /** Of another family than DINOv3's vision transformer. */
  readonly family?: FamilyName | undefined;
  readonly config: BackboneConfig;
  readonly preprocessor: Preprocessor;
}

export interface WrittenForm {
  /** Fields of config.json, model_type and architectures or what stands for them among them. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly spelling: Spelling;
  /** Before every name. */
  readonly prefix?: string | undefined;
  /** Of every tensor, by our names, as it is to be written. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Of gramscope's own field in config.json: what names and shapes do not tell. */
  readonly marker?: Readonly<Record<string, unknown>> | undefined;
  /** Our name -> values of what the model has not and the form asks for. */
  readonly usual?: Readonly<Record<string, () => Float32Array>> | undefined;
  /** Upstream name -> a tensor that is computed from the configuration. */
  readonly computed?:
    | Readonly<
        Record<string, { readonly shape: readonly number[]; readonly values: () => Float32Array }>
      >
    | undefined;
  /** More files in JSON, by name. */
  readonly beside?: Readonly<Record<string, unknown>> | undefined;
  /** Upstream name of a tensor that is there a second time -> our name of the first. */
  readonly again?: Readonly<Record<string, string>> | undefined;
}
