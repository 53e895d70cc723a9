/** Loads ONNX Runtime on first use: its native part takes a tenth of a second and 45 MB. */
import { EngineError } from "../protocol/errors.ts";

export type OnnxRuntime = typeof import("onnxruntime-node");

let loading: Promise<OnnxRuntime> | undefined;

/**
 * Nothing is sent home: ONNX Runtime 1.30 keeps a device id and uploads usage unless it is told not
 * to, before it is loaded. In a worker thread this changes a copy that the runtime does not see, so
 * whoever starts the thread calls it first.
 */
export function turnTelemetryOff(): void {
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
}

/** @throws EngineError "executor.unavailable" when the native part is missing or does not fit */
export function loadOnnxRuntime(): Promise<OnnxRuntime> {
  turnTelemetryOff();
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
