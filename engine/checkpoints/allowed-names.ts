/** The closed list of names that a checkpoint's pickle may use. */
import { numpyNames } from "./numpy-objects.ts";
import type { AllowedName, NameLookup } from "./pickled.ts";
import { plainName } from "./plain-names.ts";
import { torchNames } from "./torch-objects.ts";

/** Of every checkpoint. */
export const checkpointNames: NameLookup = (path) =>
  own(torchNames, path) ?? own(numpyNames, path) ?? plainName(path);

/** Names that a record has of itself, never those it inherits, such as "constructor". */
export function own(
  names: Readonly<Record<string, AllowedName>>,
  path: string,
): AllowedName | undefined {
  return Object.hasOwn(names, path) ? names[path] : undefined;
}
