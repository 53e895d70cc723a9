/** `gramscope doctor`: every executor with a self-check, and what the machine has. */
import { statfs } from "node:fs/promises";
import os from "node:os";
import { inspectExecutors } from "../executors/choose.ts";
import { gibibytes } from "./machine.ts";

export async function runDoctor({ json }: { json?: true }): Promise<void> {
  const executors = await inspectExecutors();
  const disk = await statfs(process.cwd());
  const machine = {
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    threads: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    freeMemoryBytes: os.freemem(),
    freeDiskBytes: disk.bavail * disk.bsize,
  };
  if (json) {
    console.log(JSON.stringify({ machine, executors }));
    return;
  }
  const { platform, node, cpu, threads } = machine;
  console.log(`${platform}, Node ${node}, ${threads} threads of ${cpu}`);
  console.log(
    `${gibibytes(machine.freeMemoryBytes)} of ${gibibytes(machine.memoryBytes)} memory free, ` +
      `${gibibytes(machine.freeDiskBytes)} of disk free here\n`,
  );
  for (const { name, chosen, available, reason, remedy, device } of executors) {
    const state = chosen ? "used" : available ? "works" : "not available";
    const where = device === undefined ? "" : ` (${device})`;
    console.log(`${name.padEnd(9)} ${state}${where}\n          ${reason}`);
    if (remedy !== undefined) console.log(`          ${remedy}`);
  }
}
