/** The verb get, and repositories of the Hub in place of models' paths for every other verb. */
import type { Command } from "commander";
import type { GetVerbOptions } from "./get.ts";
import { terminalProgress } from "./terminal-progress.ts";

/** Options that name a model. */
const modelOptions = ["model", "reference", "against"];
/** Verbs whose arguments do. */
const modelArguments = ["compare", "survey", "inspect"];

export function addHub(program: Command): void {
  program
    .command("get")
    .description("Download a model from the Hugging Face Hub into its usual cache.")
    .argument("<repository>", "ORGANISATION/NAME, and a revision after @")
    .option("--token <text>", "access token (default: HF_TOKEN, or what hf auth login saved)")
    .option("--endpoint <address>", "another Hub, or a mirror (default: HF_ENDPOINT)")
    .option("--json", "print results for programs")
    .action(async (repository: string, options: GetVerbOptions) => {
      const { runGet } = await import("./get.ts");
      await runGet(repository, options);
    });

  // Before a verb runs, paths take the place of what names a repository.
  program.hook("preAction", async (_program, verb) => {
    for (const name of modelOptions) {
      if (verb.getOptionValue(name) === undefined) continue;
      verb.setOptionValue(name, await pathOf(verb.getOptionValue(name)));
    }
    if (!modelArguments.includes(verb.name())) return;
    for (const [i, value] of verb.processedArgs.entries()) {
      verb.processedArgs[i] = Array.isArray(value) ? await pathsOf(value) : await pathOf(value);
    }
  });
}

async function pathsOf(texts: readonly unknown[]): Promise<unknown[]> {
  const paths: unknown[] = [];
  for (const text of texts) paths.push(await pathOf(text));
  return paths;
}

/** @throws EngineError as modelPath */
async function pathOf(text: unknown): Promise<unknown> {
  if (typeof text !== "string") return text;
  const { modelPath } = await import("../hub/model-name.ts");
  return modelPath(text, terminalProgress);
}
