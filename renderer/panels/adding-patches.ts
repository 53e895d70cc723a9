/** Whether what a pointer does adds to the held patches. */
import type { Look } from "../store/look.ts";

export const isAddingBy = (
  { ctrlKey, metaKey }: Pick<MouseEvent, "ctrlKey" | "metaKey">,
  { isAdding }: Look,
): boolean => ctrlKey || metaKey || isAdding;
