/** All rules in one record, typed over every kernel name: a rule that is missing does not compile. */
import type { KernelName } from "../kernel-names.ts";
import type { KernelRule } from "../rule.ts";
import { convolutionRules } from "./convolution.ts";
import { elementwiseRules } from "./elementwise.ts";
import { linalgRules } from "./linalg.ts";
import { movementRules } from "./movement.ts";
import { reductionRules } from "./reduction.ts";
import { transformerRules } from "./transformer.ts";

export const kernelRules: Readonly<Record<KernelName, KernelRule>> = {
  ...elementwiseRules,
  ...reductionRules,
  ...linalgRules,
  ...convolutionRules,
  ...movementRules,
  ...transformerRules,
};
