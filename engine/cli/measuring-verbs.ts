/** The verbs that measure: compare, probe, survey and scenes, with their options. */
import { Option, type Command } from "commander";
import type { CompareVerbOptions } from "./compare.ts";
import { deviceOption, ropeOption } from "./device-options.ts";
import { parseWhole } from "./options.ts";
import type { ProbeVerbOptions } from "./probe.ts";
import type { ScenesVerbOptions } from "./scenes.ts";
import type { SurveyVerbOptions } from "./survey.ts";

export function addMeasuringVerbs(program: Command): void {
  program
    .command("compare")
    .argument("<paths...>", "a run, or models")
    .description("Score checkpoints without labels: where dense quality peaks, and what to do.")
    .addOption(deviceOption())
    .addOption(ropeOption())
    .option("--json", "print the report as JSON")
    .requiredOption("--images <folder>", 'a folder of photographs, or "scenes"')
    .option("--limit <n>", "images at most, spread over the folder", parseWhole("--limit", 2), 64)
    .option("--size <pixels>", "side of the views", parseWhole("--size", 64, 2048), 224)
    .option("--seed <n>", "of the crops and intervals", parseWhole("--seed", 0, 2 ** 32 - 1), 0)
    .option("--reference <model>", "measure the Gram distance to this model as well")
    .option("--out <file>", "write the report here, as JSON")
    .action(async (paths: string[], options: CompareVerbOptions) => {
      const { runCompare } = await import("./compare.ts");
      await runCompare(paths, options);
    });

  program
    .command("probe")
    .argument(
      "<what>",
      "segmentation, depth, knn, linear, correspondence, discovery, tracking, few-shot",
    )
    .description("Measure a frozen model on labelled data.")
    .addOption(deviceOption())
    .addOption(ropeOption())
    .option("--json", "print the report as JSON")
    .requiredOption("--model <path>", "a model, a run or a checkpoint")
    .requiredOption("--data <folder>", 'labelled data (docs/labelled-data.md), or "scenes"')
    .option("--layout <name>", "layout of the folder, where it is not recognised")
    .addOption(new Option("--pairs <kind>", "of scenes").choices(["views", "instances"]))
    .option("--preset <name>", "paper, or another that the probe has")
    .option("--size <size>", "native, or the side of a square input in pixels")
    .option("--train <n>", "scenes to train on", parseWhole("--train", 0, 100_000))
    .option("--test <n>", "scenes to test on", parseWhole("--test", 1, 100_000))
    .option("--seed <n>", "of scenes, heads and intervals", parseWhole("--seed", 0, 2 ** 32 - 1), 0)
    .option("--out <file>", "write the report here, as JSON")
    .action(async (what: string, options: ProbeVerbOptions) => {
      const { runProbe } = await import("./probe.ts");
      await runProbe(what, options);
    });

  program
    .command("survey")
    .argument("<paths...>", "runs, of which every checkpoint is taken, and models")
    .description(
      "Measure models with every probe on scenes and every score; how the two go together.",
    )
    .addOption(deviceOption())
    .addOption(ropeOption())
    .option("--json", "print the survey as JSON")
    .option("--probes <names>", "all, or names with commas", "all")
    .option("--images <folder>", 'of the scores: a folder of photographs, or "scenes"', "scenes")
    .option("--limit <n>", "images at most, spread over the folder", parseWhole("--limit", 2), 64)
    .option("--size <pixels>", "side of the scores' views", parseWhole("--size", 64, 2048), 224)
    .option("--train <n>", "scenes to train on", parseWhole("--train", 0, 100_000))
    .option("--test <n>", "scenes to test on", parseWhole("--test", 1, 100_000))
    .option("--seed <n>", "of scenes, heads and intervals", parseWhole("--seed", 0, 2 ** 32 - 1), 0)
    .option("--out <file>", "write the survey here, as JSON")
    .action(async (paths: string[], options: SurveyVerbOptions) => {
      const { runSurvey } = await import("./survey.ts");
      await runSurvey(paths, options);
    });

  program
    .command("scenes")
    .description("Write scenes of the built-in world as a folder of labelled data.")
    .requiredOption("--out <folder>", "folder of the set; new or empty")
    .addOption(
      new Option("--task <task>", "what they are labelled for")
        .choices([
          "segmentation",
          "depth",
          "classification",
          "discovery",
          "tracking",
          "correspondence",
        ])
        .makeOptionMandatory(),
    )
    .option("--train <n>", "scenes to train on", parseWhole("--train", 1, 1_000_000), 400)
    .option("--test <n>", "scenes to test on", parseWhole("--test", 1, 1_000_000), 100)
    .option("--size <pixels>", "side of the pictures", parseWhole("--size", 16, 2048), 224)
    .option("--seed <n>", "of the world", parseWhole("--seed", 0, 2 ** 32 - 1), 0)
    .addOption(new Option("--pairs <kind>", "correspondence").choices(["views", "instances"]))
    .option("--frames <n>", "tracking: pictures of a video", parseWhole("--frames", 2, 1000))
    .addOption(
      new Option("--format <name>", "png, or jpg for tools that look for it")
        .choices(["png", "jpg"])
        .default("png"),
    )
    .option(
      "--threads <n>",
      "drawing at once (default: a core each)",
      parseWhole("--threads", 1, 256),
    )
    .option("--json", "print results for programs")
    .action(async (options: ScenesVerbOptions) => {
      const { runScenes } = await import("./scenes.ts");
      await runScenes(options);
    });
}
