/** Every probe by name. To add one: its options in the protocol, its file here, one line below. */
import type { ProbeCall, ProbeName, ProbeOptions, ProbeResult } from "../protocol/probes.ts";
import { throwIfAborted } from "../protocol/errors.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { run as attention } from "./attention.ts";
import { run as cls } from "./cls.ts";
import { run as cosine } from "./cosine.ts";
import { run as foreground } from "./foreground.ts";
import { run as gram } from "./gram.ts";
import { run as kmeans } from "./kmeans.ts";
import { run as norm } from "./norm.ts";
import { run as pca } from "./pca.ts";
import type { FeatureMap, Probe, ProbeContext } from "./probe.ts";

type Probes = { readonly [P in ProbeName]: Probe<P> };

export const probes: Probes = { cosine, pca, gram, norm, cls, kmeans, attention, foreground };

/** @throws EngineError see {@link Probe}; "cancelled" when the context's signal has fired */
export async function runProbe(
  call: ProbeCall,
  features: FeatureMap,
  ref: FeatureRef,
  context: ProbeContext,
): Promise<ProbeResult> {
  throwIfAborted(context.signal, call.probe);
  const result = await dispatch(call, features, ref, context);
  throwIfAborted(context.signal, call.probe);
  return result;
}

/** The feature map over which the result's maps lie: a cosine map may lie over its target. */
export function shownFeatures(call: ProbeCall, ref: FeatureRef): FeatureRef {
  return call.probe === "cosine" ? (call.options.target ?? ref) : ref;
}

type CallOf<P extends ProbeName> = {
  [Q in P]: { readonly probe: Q; readonly options: ProbeOptions<Q> };
}[P];

/** One type parameter ties a call's options to its probe. */
function dispatch<P extends ProbeName>(
  call: CallOf<P>,
  features: FeatureMap,
  ref: FeatureRef,
  context: ProbeContext,
): Promise<ProbeResult> {
  return probes[call.probe](features, ref, call.options, context);
}
