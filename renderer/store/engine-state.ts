/** The engine at the other end: the shape of what is known of it. */
import type { ModelCard, Reply } from "../../engine/protocol/messages.ts";
import type { ConnectionState } from "../connection/engine-client.ts";

export type EngineInfo = Reply<"engine.info">;

export interface EngineState {
  readonly connection: ConnectionState;
  /** How many connections there have been: ids of an earlier one mean nothing. */
  readonly epoch: number;
  /** The connection over which the model was opened. */
  readonly modelEpoch: number;
  readonly info: EngineInfo | undefined;
  readonly model: ModelCard | undefined;
  /** The path the open model was asked for by; asked again after a reconnection. */
  readonly modelPath: string | undefined;
  /**
   * Take up the connection: ask what is there, then open what was open, or else the bundled model
   * and the first sample, so that a first map appears with no click.
   */
  connected(): Promise<void>;
  disconnected(state: ConnectionState): void;
  /** @returns whether it is open now */
  openModel(path: string): Promise<boolean>;
  /** Download a repository of the Hub on the engine's machine and open it. @returns whether it is open now */
  getModel(repository: string): Promise<boolean>;
  /** Ask the engine again for its memory. */
  refreshInfo(): Promise<void>;
}
