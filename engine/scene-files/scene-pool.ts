/** The scene threads as seen from the caller's thread: scenes drawn without blocking it. */
import { TaskPool, type TaskPoolOptions } from "../threads/task-pool.ts";
import type { SceneTasks } from "./scene-thread.ts";

export class ScenePool {
  private readonly pool: TaskPool;

  constructor(options: TaskPoolOptions = {}) {
    this.pool = new TaskPool("scene-thread.js", options);
  }

  /** @throws EngineError what the task refuses with, or "cancelled" */
  run<K extends keyof SceneTasks>(
    name: K,
    data: SceneTasks[K]["task"],
    signal?: AbortSignal,
  ): Promise<SceneTasks[K]["value"]> {
    return this.pool.run({ name, data, what: "Drawing a scene" }, signal);
  }

  /** Ends the threads; what they were at is rejected as "cancelled". */
  dispose(): Promise<void> {
    return this.pool.dispose();
  }
}
