/** Loads ONNX Runtime on first use: its native part takes a tenth of a second and 45 MB. */
import { EngineError } from "../protocol/errors.ts";

export type OnnxRuntime = typeof import("onnxruntime-node");

let loading: Promise<OnnxRuntime> | undefined;

/** @throws EngineError "executor.unavailable" when the native part is missing or does not fit */
export function loadOnnxRuntime(): Promise<OnnxRuntime> {
  loading ??= import("onnxruntime-node").catch((cause: unknown) => {
    loading = undefined;
    throw new EngineError(
      "executor.unavailable",
      `ONNX Runtime cannot be loaded on ${process.platform}-${process.arch}: ${String(cause)}`,
      { hint: "Run npm ci again; on Linux it needs glibc 2.28 or later.", cause },
    );
  });
  return loading;
}
