/**
 * The state of a training run: every tensor that a step reads and writes, by one flat set of names.
 *
 *   student.backbone.*  student.dino_head.*  student.ibot_head.*     what is trained
 *   teacher.*                                                        its moving average
 *   gram.backbone.*                                                  the Gram teacher, where one is used
 *   m.* v.*                                                          AdamW's moments, by the student's name
 */
import type { HostTensor, TensorSpec } from "../executors/executor.ts";
import type { VitConfig } from "../model/config.ts";
import { headShapes, type HeadShape } from "../model/head.ts";
import { maskToken, paramShapes } from "../model/params.ts";

export const modules = ["backbone", "dino_head", "ibot_head"] as const;
export type ModuleName = (typeof modules)[number];

export interface NetworkShape {
  readonly config: VitConfig;
  readonly dinoHead: HeadShape;
  readonly ibotHead: HeadShape;
}

/** Every tensor of the state; moments and teachers have the shapes of what they follow. */
export type TrainingState = Readonly<Record<string, HostTensor>>;

/** Name -> shape of one network, `backbone.*`, `dino_head.*` and `ibot_head.*`. */
export function networkShapes({
  config,
  dinoHead,
  ibotHead,
}: NetworkShape): Record<string, readonly number[]> {
  const backbone = { ...paramShapes(config), [maskToken]: [1, config.width] };
  return {
    ...prefixed("backbone.", backbone),
    ...prefixed("dino_head.", headShapes(dinoHead)),
    ...prefixed("ibot_head.", headShapes(ibotHead)),
  };
}

/** Name -> dtype and shape of the whole state. */
export function stateSpecs(
  shape: NetworkShape,
  hasGramTeacher: boolean,
): Record<string, TensorSpec> {
  const network = networkShapes(shape);
  const all = {
    ...prefixed("student.", network),
    ...prefixed("teacher.", network),
    ...(hasGramTeacher ? prefixed("gram.backbone.", paramShapes(shape.config)) : {}),
    ...prefixed("m.", network),
    ...prefixed("v.", network),
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, size]) => [name, { dtype: "float32", shape: size }]),
  );
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
