/** The options of probes on the command line, as a call of one of them. */
import { EngineError } from "../protocol/errors.ts";
import type { PatchPosition } from "../protocol/geometry.ts";
import { componentOrders, plainVariant, type PcaVariant } from "../protocol/pca-variant.ts";
import { pcaPresets, probeCall, type ProbeCall, type ProbeName } from "../protocol/probes.ts";
import type { FeatureRef } from "../protocol/view.ts";
import { invalid, oneOf, parsePatch } from "./options.ts";

export interface ProbeCallOptions {
  readonly patch?: PatchPosition[];
  readonly box?: PatchPosition[];
  readonly preset: string;
  readonly signs: number;
  readonly order?: string;
  readonly k: number;
  readonly seed: number;
  readonly token: string;
  readonly head: string;
  readonly side: number;
  /** cosine: how many best matches to mark; the probe's own number when left out. */
  readonly matches?: number;
}

/** The probe's own options, checked before anything is opened. */
export function callOf(probe: ProbeName, options: ProbeCallOptions): ProbeCall {
  const parsed = probeCall.safeParse({ probe, options: probeOptionsOf(probe, options) });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new EngineError("option.invalid", `${probe}, ${path.slice(1).join(".")}: ${message}`);
}

function probeOptionsOf(probe: ProbeName, options: ProbeCallOptions): unknown {
  const { seed } = options;
  switch (probe) {
    case "cosine": {
      const queries = [...(options.patch ?? []), ...(options.box ?? [])];
      if (queries.length === 0) {
        throw new EngineError("option.invalid", "cosine: expected a query, received none", {
          hint: "Name a patch with --patch ROW,COL, or a box with --box ROW,COL,ROW,COL.",
        });
      }
      return { queries, matches: options.matches };
    }
    case "pca":
      return { preset: oneOf("--preset", options.preset, pcaPresets) };
    case "gram": {
      const order = oneOf("--order", options.order ?? "raster", ["raster", "cluster"]);
      return { order, clusters: options.k, side: options.side, seed };
    }
    case "kmeans":
      return { k: options.k, seed };
    case "attention":
      return { token: tokenOf(options.token), head: headOf(options.head) };
    case "norm":
    case "cls":
    case "foreground":
      return {};
  }
}

/** The other images that a call speaks of, known once they are open. */
export function withImages(
  call: ProbeCall,
  { target, fit }: { target: FeatureRef | undefined; fit: FeatureRef[] },
): ProbeCall {
  if (call.probe === "cosine") return { ...call, options: { ...call.options, target } };
  if (call.probe === "pca") return { ...call, options: { ...call.options, fit } };
  return call;
}

export function variantOf(
  probe: ProbeName,
  { signs, order }: Pick<ProbeCallOptions, "signs" | "order">,
): PcaVariant {
  if (probe !== "pca") return plainVariant;
  const known = componentOrders.map((sources) => sources.join(""));
  return { signs, order: known.indexOf(oneOf("--order", order ?? "012", known)) };
}

/** `cls`, `register:2` or `ROW,COL`. */
function tokenOf(text: string): unknown {
  if (text === "cls") return { kind: "cls" };
  const register = /^register:(\d{1,9})$/.exec(text);
  if (register) return { kind: "register", index: Number(register[1]) };
  if (/^\d+,\d+$/.test(text)) return { kind: "patch", patch: parsePatch(text) };
  throw invalid("--token", "cls, register:N or ROW,COL", text);
}

function headOf(text: string): number | "mean" {
  if (text === "mean") return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid("--head", "mean or a head counted from 0", text);
}
