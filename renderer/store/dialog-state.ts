/** Which dialog is open over the page, and whether the welcome lies beside the stage: the shape of it. */

export const dialogNames = [
  "palette",
  "keys",
  "settings",
  "grid",
  "check",
  "open-run",
  "open-model",
] as const;
export type DialogName = (typeof dialogNames)[number];

export interface DialogState {
  /** One at a time. */
  readonly dialog: DialogName | undefined;
  openDialog(name: DialogName | undefined): void;
  /** The doors that a first visit finds. */
  readonly isWelcomeOpen: boolean;
  showWelcome(isOpen: boolean): void;
}
