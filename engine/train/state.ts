/**
 * The state of a training run: every tensor that a step reads and writes, by one flat set of names.
 *
 *   student.backbone.*  student.dino_head.*  student.ibot_head.*     what is trained
 *   student.adapter.*                                                to a wider or narrower teacher
 *   teacher.*                                                        its moving average
 *   gram.backbone.*                                                  the Gram teacher, where one is used
 *   centre.dino  centre.ibot                                         running centres, with centring
 *   m.* v.*                                                          AdamW's moments, by the student's name
 */
import type { HostTensor, TensorSpec } from "../executors/executor.ts";
import type { VitConfig } from "../model/config.ts";
import { headShapes, type HeadShape } from "../model/head.ts";
import { maskToken, paramShapes } from "../model/params.ts";

export const modules = ["backbone", "dino_head", "ibot_head", "adapter"] as const;
export type ModuleName = (typeof modules)[number];

export interface NetworkShape {
  readonly config: VitConfig;
  /** Absent where no loss uses it. */
  readonly dinoHead?: HeadShape | undefined;
  readonly ibotHead?: HeadShape | undefined;
  /** Width of the features that a linear map brings the student's to. */
  readonly adapterWidth?: number | undefined;
}

/** What a step keeps beside the student and its average. */
export interface StateShape {
  readonly network: NetworkShape;
  /** A Gram teacher with weights of its own; else the EMA teacher is it. */
  readonly hasGramTeacher: boolean;
  /** Running centres of the teacher's logits. */
  readonly hasCentres: boolean;
}

/** Every tensor of the state; moments and teachers have the shapes of what they follow. */
export type TrainingState = Readonly<Record<string, HostTensor>>;

/** Name -> shape of one network: `backbone.*`, and those of its heads and its adapter. */
export function networkShapes({
  config,
  dinoHead,
  ibotHead,
  adapterWidth,
}: NetworkShape): Record<string, readonly number[]> {
  const backbone = { ...paramShapes(config), [maskToken]: [1, config.width] };
  return {
    ...prefixed("backbone.", backbone),
    ...(dinoHead ? prefixed("dino_head.", headShapes(dinoHead)) : {}),
    ...(ibotHead ? prefixed("ibot_head.", headShapes(ibotHead)) : {}),
    ...(adapterWidth === undefined
      ? {}
      : { "adapter.weight": [adapterWidth, config.width], "adapter.bias": [adapterWidth] }),
  };
}

/** Name -> dtype and shape of the whole state. */
export function stateSpecs(shape: StateShape): Record<string, TensorSpec> {
  const { network, hasGramTeacher, hasCentres } = shape;
  const own = networkShapes(network);
  const all = {
    ...prefixed("student.", own),
    ...prefixed("teacher.", own),
    ...(hasGramTeacher ? prefixed("gram.backbone.", paramShapes(network.config)) : {}),
    ...(hasCentres ? centreShapes(network) : {}),
    ...prefixed("m.", own),
    ...prefixed("v.", own),
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, size]) => [name, { dtype: "float32", shape: size }]),
  );
}

/** Name -> shape of the running centres. */
export function centreShapes({
  dinoHead,
  ibotHead,
}: Pick<NetworkShape, "dinoHead" | "ibotHead">): Record<string, readonly number[]> {
  return {
    ...(dinoHead ? { "centre.dino": [1, dinoHead.prototypes] } : {}),
    ...(ibotHead ? { "centre.ibot": [1, ibotHead.prototypes] } : {}),
  };
}

/** The entries under a prefix, without it. */
export function under<T>(prefix: string, all: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

export function prefixed<T>(prefix: string, all: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + name, value]));
}
