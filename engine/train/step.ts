/**
 * One training step as one program: student, teacher and Gram teacher, losses, gradient, clipping,
 * AdamW and the moving average, from (state, batch, schedules) to the next state and its metrics.
 * Where gradients are accumulated it is two: a pass that adds to their mean, and the update.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NamedTensors, Program, TensorSpec } from "../executors/executor.ts";
import { batchSpecs, batchTensors, ropeOf, studentPasses, type PassShape } from "./batch-inputs.ts";
import { studentObjective, termsOf, type Targets, type Terms } from "./objective.ts";
import { centreShapes, networkShapes, prefixed, stateSpecs, under } from "./state.ts";
import {
  scalarNames,
  trainedNames,
  type ScalarName,
  type StepOptions,
  type StepShape,
} from "./step-shape.ts";
import { gramTargets, prototypeTargets, type Centres, type Network } from "./targets.ts";
import { updateState, type Scalars } from "./update.ts";

/** The next state's outputs: a graph must not give an output the name of an input. */
export const nextPrefix = "next.";

/** Outputs beside the next state: "loss", the terms and "grad_norm", each [1]. */
export const metricPrefix = "metric.";

/** What the teacher assigned: probabilities [2, B, K] of its global crops, where it has a DINO head. */
export const assignmentsOutput = "assignments.dino";

/** Mean of the gradients of the passes so far, by the names of the parameters. */
export const meanPrefix = "mean.";

export function stepProgram(shape: StepShape): Program {
  return {
    name: `training step of ${shape.batchSize} images`,
    inputs: { ...stateSpecs(shape.state), ...passSpecs(shape), ...scalarSpecs },
    params: {},
    isOptimised: true,
    kept: nextNames([...movedNames(shape), ...centreNames(shape)]),
    build: (inputs) => {
      const scalars = scalarsOf(inputs);
      const pass = buildPass(shape, inputs, scalars);
      const { next, norm } = updateState(shape, inputs, pass.grads, scalars);
      return {
        ...prefixed(nextPrefix, { ...next, ...pass.centres }),
        ...metricOutputs({ ...pass.metrics, grad_norm: norm }),
        ...pass.assignments,
      };
    },
  };
}

/** One of several passes of a step. */
export function passProgram(shape: StepShape): Program {
  return {
    name: `pass over ${shape.batchSize} images`,
    inputs: {
      ...stateSpecs(shape.state),
      ...passSpecs(shape),
      ...scalarSpecs,
      ...meanSpecs(shape),
    },
    params: {},
    isOptimised: true,
    kept: nextNames([...Object.keys(meanSpecs(shape)), ...centreNames(shape)]),
    build: (inputs) => {
      const pass = buildPass(shape, inputs, scalarsOf(inputs));
      const means = Object.entries(pass.grads).map(([name, grad]) => {
        const mean = inputs[meanPrefix + name]!;
        return [meanPrefix + name, tf.add(mean, tf.mul(grad, 1 / shape.accumulate))] as const;
      });
      return {
        ...prefixed(nextPrefix, { ...Object.fromEntries(means), ...pass.centres }),
        ...metricOutputs(pass.metrics),
        ...pass.assignments,
      };
    },
  };
}

/** The end of a step of several passes. */
export function updateProgram(shape: StepShape): Program {
  return {
    name: "update of the weights",
    inputs: { ...stateSpecs(shape.state), ...scalarSpecs, ...meanSpecs(shape) },
    params: {},
    isOptimised: true,
    kept: nextNames(movedNames(shape)),
    build: (inputs) => {
      const grads = under(meanPrefix, inputs);
      const { next, norm } = updateState(shape, inputs, grads, scalarsOf(inputs));
      return { ...prefixed(nextPrefix, next), ...metricOutputs({ grad_norm: norm }) };
    },
  };
}

/** Names of the state that an update writes. */
export function movedNames(options: StepOptions): string[] {
  const trained = trainedNames(options);
  return ["student.", "m.", "v.", "teacher."].flatMap((kind) => trained.map((name) => kind + name));
}

/** Names of the running centres that a pass writes. */
export function centreNames({ state }: StepOptions): string[] {
  return state.hasCentres ? Object.keys(centreShapes(state.network)) : [];
}

const nextNames = (names: readonly string[]) => names.map((name) => nextPrefix + name);

/** Names of the metrics of a pass, "loss" first. */
export function passMetrics({ objective, localCrops }: StepShape): string[] {
  return ["loss", ...termsOf(objective, localCrops)];
}

export function passShape(shape: StepShape): PassShape {
  return { ...shape, config: shape.state.network.config };
}

const scalarSpecs: Readonly<Record<string, TensorSpec>> = Object.fromEntries(
  scalarNames.map((name) => [name, { dtype: "float32", shape: [] }]),
);

function meanSpecs(shape: StepShape): Record<string, TensorSpec> {
  const shapes = networkShapes(shape.state.network);
  return Object.fromEntries(
    trainedNames(shape).map((name) => [
      meanPrefix + name,
      { dtype: "float32", shape: shapes[name]! },
    ]),
  );
}

function passSpecs(shape: StepShape): Record<string, TensorSpec> {
  const { given, state, batchSize: b, sizes, maskedTokens } = shape;
  const { config, dinoHead, ibotHead } = state.network;
  const target = (...size: number[]): TensorSpec => ({ dtype: "float32", shape: size });
  const patches = (sizes.global / config.patch) ** 2;
  let targets: Record<string, TensorSpec> = {};
  if (given?.kind === "features") {
    targets = {
      "target.cls": target(2 * b, given.width),
      "target.patches": target(2 * b, patches, given.width),
    };
  } else if (given?.kind === "prototypes") {
    targets = {
      ...(dinoHead ? { "target.dino": target(2, b, dinoHead.prototypes) } : {}),
      ...(ibotHead ? { "target.ibot": target(maskedTokens, ibotHead.prototypes) } : {}),
    };
  }
  return { ...batchSpecs(passShape(shape)), ...targets };
}

interface Pass {
  readonly grads: Record<string, tf.Tensor>;
  readonly metrics: Record<string, tf.Scalar>;
  /** What changes of the centres, by the state's names. */
  readonly centres: Record<string, tf.Tensor>;
  readonly assignments: Record<string, tf.Tensor>;
}

function buildPass(shape: StepShape, inputs: NamedTensors, scalars: Scalars): Pass {
  const { objective } = shape;
  const batch = batchTensors(inputs);
  const { targets, centres } = targetsOf(shape, inputs, scalars);
  const student = under("student.", inputs);
  const names = trainedNames(shape);
  let terms: Terms = {};
  const { value: loss, grads } = tf.valueAndGrads((...params: tf.Tensor[]) => {
    const moved = Object.fromEntries(names.map((name, i) => [name, params[i]!]));
    const network = networkOf({ ...student, ...moved });
    const passes = studentPasses(inputs);
    const result = studentObjective(objective, network, targets, batch, passes, scalars);
    terms = result.terms;
    // What the gradient function made is disposed at its end.
    for (const term of Object.values(terms)) tf.keep(term);
    return result.total;
  })(names.map((name) => student[name]!));
  const metrics: Record<string, tf.Scalar> = { loss };
  for (const [name, term] of Object.entries(terms)) {
    // A copy that ends with the program; what is kept would stay for good.
    metrics[name] = tf.clone(term);
    term.dispose();
  }
  return {
    grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])),
    metrics,
    centres: {
      ...(centres.dino ? { "centre.dino": centres.dino } : {}),
      ...(centres.ibot ? { "centre.ibot": centres.ibot } : {}),
    },
    // Those of a fixed teacher are known without.
    assignments: targets.dino && !shape.given ? { [assignmentsOutput]: targets.dino } : {},
  };
}

function targetsOf(
  shape: StepShape,
  inputs: NamedTensors,
  scalars: Scalars,
): { targets: Targets; centres: Centres } {
  const { objective, state, given } = shape;
  const { config } = state.network;
  const batch = batchTensors(inputs);
  const set = given ? givenTargets(inputs) : emaTargets(shape, inputs, scalars);
  const own = state.hasGramTeacher
    ? under("gram.backbone.", inputs)
    : under("teacher.backbone.", inputs);
  const hasView = batch.gram !== undefined;
  const gram =
    objective.gram &&
    gramTargets(
      config,
      own,
      batch.gram ?? batch.global,
      batch.global,
      ropeOf(inputs, hasView ? "rope.gram" : "rope.teacher"),
      objective.gram.resize,
    );
  return { targets: { ...set.targets, gram }, centres: set.centres };
}

function givenTargets(inputs: NamedTensors): { targets: Targets; centres: Centres } {
  const [cls, patches] = [inputs["target.cls"], inputs["target.patches"]];
  return {
    centres: {},
    targets: {
      dino: inputs["target.dino"] as tf.Tensor3D | undefined,
      ibot: inputs["target.ibot"] as tf.Tensor2D | undefined,
      features:
        cls && patches ? { cls: cls as tf.Tensor2D, patches: patches as tf.Tensor3D } : undefined,
    },
  };
}

function emaTargets(shape: StepShape, inputs: NamedTensors, scalars: Scalars) {
  const { dinoHead, ibotHead, config } = shape.state.network;
  if (!dinoHead && !ibotHead) return { targets: {}, centres: {} };
  const batch = batchTensors(inputs);
  const { centres, ...targets } = prototypeTargets(
    config,
    shape.objective.targets,
    networkOf(under("teacher.", inputs)),
    batch.global,
    batch.maskIndices,
    ropeOf(inputs, "rope.teacher"),
    scalars.teacherTemperature,
    {
      dino: inputs["centre.dino"] as tf.Tensor2D | undefined,
      ibot: inputs["centre.ibot"] as tf.Tensor2D | undefined,
    },
  );
  return { targets, centres };
}

/** @param all `backbone.*`, `dino_head.*`, `ibot_head.*`, `adapter.*` */
export function networkOf(all: NamedTensors): Network {
  const module = (prefix: string) => {
    const params = under(prefix, all);
    return Object.keys(params).length > 0 ? params : undefined;
  };
  return {
    backbone: under("backbone.", all),
    dinoHead: module("dino_head."),
    ibotHead: module("ibot_head."),
    adapter: module("adapter."),
  };
}

function scalarsOf(inputs: NamedTensors): Scalars {
  return Object.fromEntries(scalarNames.map((name) => [name, inputs[name]!])) as Record<
    ScalarName,
    tf.Scalar
  >;
}

function metricOutputs(metrics: Readonly<Record<string, tf.Scalar>>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [metricPrefix + name, tf.reshape(value, [1])]),
  );
}
