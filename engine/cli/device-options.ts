/** Options of every verb that computes: on what, and how exactly. */
import { Option } from "commander";
import { parseDevice, parseRope } from "./options.ts";

export function deviceOption(): Option {
  return new Option("--device <name>", "auto, webgpu, cuda, tfjs-gpu, cpu or tfjs")
    .default("auto")
    .argParser(parseDevice);
}

export function ropeOption(): Option {
  return new Option(
    "--rope <precision>",
    "rotary periods: fp32, or bf16 as official files store them",
  )
    .default("fp32")
    .argParser(parseRope);
}
