/** Whether pictures should change without moving: by a person's setting, or else by the system's. */
export function isMotionReduced(): boolean {
  const chosen = document.documentElement.dataset["motion"];
  if (chosen === "reduced" || chosen === "full") return chosen === "reduced";
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
