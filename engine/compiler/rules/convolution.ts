/** Rule of the depthwise convolution, which every channel has for itself. */
import { backend_util } from "@tensorflow/tfjs-core";
import type { Attributes, ValueType } from "../graph.ts";
import type { KernelRule } from "../rule.ts";

type Sides = Parameters<typeof backend_util.computeConv2DInfo>[2];

/** Sizes and padding, as tfjs works them out. @throws Error for what has no rule */
function plan([x, filter]: readonly ValueType[], attributes: Attributes) {
  const { strides, dilations, pad, dataFormat, activation, dimRoundingMode } = attributes;
  if (dataFormat !== "NHWC" || (activation ?? "linear") !== "linear") {
    throw new Error(
      `internal: a depthwise convolution of ${String(dataFormat)} with ${String(activation)} has no rule`,
    );
  }
  return backend_util.computeConv2DInfo(
    x!.shape as [number, number, number, number],
    filter!.shape as [number, number, number, number],
    strides as Sides,
    dilations as Sides,
    pad as number | "same" | "valid",
    dimRoundingMode as "floor" | undefined,
    true,
  );
}

export const convolutionRules = {
  /**
   * x [b, h, w, c], filter [s, t, c, m], bias [c m] -> [b, h', w', c m]. The runtime's operator has the
   * channels first; on WebGPU its layout pass takes the transposes out again.
   */
  FusedDepthwiseConv2D: {
    inputs: ["x", "filter", "bias"],
    infer: (inputs, attributes) => [{ shape: plan(inputs, attributes).outShape, dtype: "float32" }],
    lower: ({ emit, int64, inputs: [x, filter, bias], inputTypes, outputs, attributes }) => {
      const { padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth, ...sizes } = plan(
        inputTypes,
        attributes,
      );
      const { inChannels, outChannels, filterHeight, filterWidth } = sizes;
      const image = emit("Transpose", [x!], { perm: [0, 3, 1, 2] });
      const weight = emit("Reshape", [
        emit("Transpose", [filter!], { perm: [2, 3, 0, 1] }),
        int64([outChannels, 1, filterHeight, filterWidth]),
      ]);
      const convolved = emit("Conv", [image, weight, bias!], {
        group: inChannels,
        kernel_shape: [filterHeight, filterWidth],
        pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
        strides: [strideHeight, strideWidth],
        dilations: [dilationHeight, dilationWidth],
      });
      emit("Transpose", [convolved], { perm: [0, 2, 3, 1] }, outputs);
    },
  },
} as const satisfies Record<string, KernelRule>;
