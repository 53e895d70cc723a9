/** What the engine answered about feature maps, kept on the page: going back to it asks nobody. */
import { LRUCache } from "lru-cache";
import type { CallOptions } from "../../engine/protocol/connection.ts";
import type { Reply } from "../../engine/protocol/messages.ts";
import type { FeatureRef } from "../../engine/protocol/view.ts";
import type { Engine } from "../connection/engine-client.ts";
import type { ProbeCallInput } from "./probe-state.ts";

/** The most that is kept, in bytes of numbers: 1,700 maps of ViT-S at 224 px, 30 of ViT-L at 1024 px. */
export const mostKeptBytes = 256 * 2 ** 20;

/** One question about a feature map: its features, or what a probe makes of them. */
export interface MapWish {
  readonly ref: FeatureRef;
  /** Undefined for the features themselves. */
  readonly call: ProbeCallInput | undefined;
}

type FeaturesReply = Reply<"features.get">;
type ProbeReply = Reply<"probe.run">;

export class KeptMaps {
  private readonly replies: LRUCache<string, FeaturesReply | ProbeReply>;

  /** @param maxBytes a map that is larger is not kept */
  constructor(
    private readonly engine: Engine,
    maxBytes = mostKeptBytes,
  ) {
    this.replies = new LRUCache({ maxSize: maxBytes, sizeCalculation: bytesOf });
  }

  get bytes(): number {
    return this.replies.calculatedSize;
  }

  has(wish: MapWish): boolean {
    return this.replies.has(keyOf(wish));
  }

  /** What is kept; nobody is asked. */
  features(ref: FeatureRef): FeaturesReply | undefined {
    return this.replies.get(keyOf({ ref, call: undefined })) as FeaturesReply | undefined;
  }

  probe(ref: FeatureRef, call: ProbeCallInput): ProbeReply | undefined {
    return this.replies.get(keyOf({ ref, call })) as ProbeReply | undefined;
  }

  /** @throws EngineError of the engine */
  async askFeatures(ref: FeatureRef, options: CallOptions): Promise<FeaturesReply> {
    const reply = await this.engine.call("features.get", ref, options);
    this.replies.set(keyOf({ ref, call: undefined }), { ...reply, cached: true, elapsedMs: 0 });
    return reply;
  }

  /** @throws EngineError of the engine */
  async askProbe(ref: FeatureRef, call: ProbeCallInput, options: CallOptions): Promise<ProbeReply> {
    const reply = await this.engine.call("probe.run", { features: ref, call }, options);
    this.replies.set(keyOf({ ref, call }), reply);
    return reply;
  }

  async ask({ ref, call }: MapWish, options: CallOptions): Promise<void> {
    await (call ? this.askProbe(ref, call, options) : this.askFeatures(ref, options));
  }

  /** Ids of an earlier connection mean nothing. */
  clear(): void {
    this.replies.clear();
  }
}

const keyOf = ({ ref, call }: MapWish): string => {
  const { model, image, size, layer, norm } = ref;
  return JSON.stringify([model, image, size, layer, norm, call]);
};

const nothing = { data: new Uint8Array(0) };

function bytesOf(reply: FeaturesReply | ProbeReply): number {
  const tensors =
    "result" in reply
      ? [...reply.result.maps.map(({ values }) => values), reply.result.coordinates ?? nothing]
      : [reply.patches, reply.cls, reply.registers];
  return 1024 + tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
}
