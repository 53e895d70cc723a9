/** Whether WebGPU can run here: scripts/test.mjs unpacks SwiftShader and says why where it cannot. */

/** The reason to skip WebGPU tests, or undefined where they run. */
export const webgpuSkip =
  process.env["GRAMSCOPE_WEBGPU_SKIP"] ??
  (process.env["VK_ICD_FILENAMES"] === undefined
    ? "no software Vulkan in this process: run the tests through npm test"
    : undefined);
