#!/usr/bin/env node
/**
 * The command line: makes the checkout ready, then runs the built engine in this process. Also the
 * `bin` of an installed package, where nothing is to be made ready.
 */
import { ready } from "./ready.mjs";

await ready({ build: true });

// `npm run gramscope` runs in the repository; paths on the command line are the caller's.
const { npm_lifecycle_event: script, npm_package_name: name, INIT_CWD: callerFolder } = process.env;
if (script === "gramscope" && name === "gramscope" && callerFolder !== undefined) {
  process.chdir(callerFolder);
}

await import(new URL("../dist/engine/main.js", import.meta.url).href);
