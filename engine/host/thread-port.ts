/** A worker's message port as a connection's Port. Messages are cloned, so typed arrays may travel. */
import type { MessagePort, Worker } from "node:worker_threads";
import type { Port } from "../protocol/connection.ts";

/** @param end the worker as its starter sees it, or a port of a channel */
export function threadPort(end: Worker | MessagePort): Port {
  return {
    post: (message) => end.postMessage(message),
    onMessage: (listener) => void end.on("message", listener),
    onClose: (listener) => {
      end.on("exit", (code) => listener(`the thread ended with code ${String(code)}`));
      end.on("close", () => listener("the thread's port was closed"));
    },
    close: () => {
      if ("terminate" in end) void end.terminate();
      else end.close();
    },
  };
}
