/** Moves a state between the host and a device: a program that changes nothing. */
import * as tf from "@tensorflow/tfjs-core";
import {
  isOnDevice,
  type Executor,
  type Fed,
  type HostTensor,
  type PreparedProgram,
  type Program,
} from "../executors/executor.ts";

type State = Readonly<Record<string, Fed>>;

/** The same values on the host. */
export async function toHost(
  executor: Executor,
  state: State,
): Promise<Record<string, HostTensor>> {
  const away = Object.entries(state).filter(([, tensor]) => isOnDevice(tensor));
  if (away.length === 0) return state as Record<string, HostTensor>;
  const program = await executor.prepare(copyProgram(Object.fromEntries(away), false));
  try {
    const names = away.map(([name]) => name);
    const copies = await program.run(state, names.map(copied));
    const fetched = Object.fromEntries(names.map((name) => [name, copies[copied(name)]!]));
    return { ...(state as Record<string, HostTensor>), ...fetched };
  } finally {
    await program.dispose();
  }
}

export interface Placed {
  readonly state: Readonly<Record<string, Fed>>;
  /** The tensors live in what their program holds: dispose of it after them, and not before. */
  readonly owner: PreparedProgram | undefined;
}

/** The same values on the device, where it keeps any; else the state as it is. */
export async function toDevice(
  executor: Executor,
  state: Readonly<Record<string, HostTensor>>,
): Promise<Placed> {
  const program = await executor.prepare(copyProgram(state, true));
  if (!program.runKeeping) {
    await program.dispose();
    return { state, owner: undefined };
  }
  const { kept } = await program.runKeeping(state, []);
  const names = Object.keys(state);
  return {
    state: Object.fromEntries(names.map((name) => [name, kept[copied(name)]!])),
    owner: program,
  };
}

const copied = (name: string) => `copy of ${name}`;

function copyProgram(state: State, isKept: boolean): Program {
  const names = Object.keys(state);
  return {
    name: `copy of ${names.length} tensors`,
    inputs: Object.fromEntries(
      Object.entries(state).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
    ),
    params: {},
    isOptimised: true,
    ...(isKept ? { kept: names.map(copied) } : {}),
    // An output may not be an input as it is.
    build: (inputs) =>
      Object.fromEntries(names.map((name) => [copied(name), tf.add(inputs[name]!, tf.scalar(0))])),
  };
}
