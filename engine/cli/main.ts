/** The command line: verbs, their options, and how they end. Each verb is loaded when it is used. */
import { Command, CommanderError, Option } from "commander";
import { EngineError } from "../protocol/errors.ts";
import type { BenchVerbOptions } from "./bench.ts";
import type { MapOptions } from "./map.ts";
import type { ServeOptions } from "./serve.ts";
import type { TrainVerbOptions } from "./train.ts";
import { deviceOption, ropeOption } from "./device-options.ts";
import { addExportVerbs } from "./export-verbs.ts";
import { addFeatures } from "./features-verb.ts";
import { addFigure } from "./figure-verb.ts";
import { addHub } from "./hub-verb.ts";
import { addMeasuringVerbs } from "./measuring-verbs.ts";
import { imageFiles, withModel, withSize } from "./model-options.ts";
import { addSession } from "./session-verb.ts";
import { checkWritable } from "./write-output.ts";
import { parseBox, parseFraction, parsePatch, parseToken, parseWhole } from "./options.ts";
import { refuse } from "./refuse.ts";
import { programVersion } from "./version.ts";

const program = new Command("gramscope")
  .description("Look into the dense features of vision transformers.")
  .version(await programVersion())
  .exitOverride()
  .configureOutput({ writeErr: () => {} }); // Told once, in our words, by refuse().

addFeatures(program);

const collect =
  <T>(parse: (text: string) => T[]) =>
  (text: string, so: T[] | undefined) => [...(so ?? []), ...parse(text)];

withSize(withModel(program.command("map")))
  .description("Draw a map of an image's features as PNG.")
  .argument("<probe>", "cosine, pca, gram, norm, cls, kmeans, attention or foreground")
  .requiredOption("--image <file>", imageFiles)
  .requiredOption("--out <file>", "PNG file to write")
  .option("--with <file>", "second image: cosine looks into it, PCA is fitted on both")
  .option("--basis <file>", "pca: use the basis fitted on this image")
  .option(
    "--patch <row,col>",
    "cosine: query patch, from 0; may be repeated",
    collect((t) => [parsePatch(t)]),
  )
  .option("--box <r,c,r,c>", "cosine: every patch of a box as query", collect(parseBox))
  .option("--layer <layer>", "last, or a block counted from 0", "last")
  .option("--no-norm", "show the tokens before the final norm")
  .option("--preset <name>", "pca: raw, whitened or foreground", "raw")
  .option("--signs <n>", "pca: 0..7, bit i flips component i", parseWhole("--signs", 0, 7), 0)
  .option(
    "--order <order>",
    "pca: components as RGB, 012 to 210, or one alone, 000 to 222 (default: 012); gram: raster or cluster (default: raster)",
  )
  .option("--k <n>", "kmeans and gram: number of clusters", parseWhole("--k", 2, 64), 6)
  .option("--seed <n>", "kmeans and gram: seed of the clusters", parseWhole("--seed"), 0)
  .option("--token <token>", "attention: cls, register:N or ROW,COL", "cls")
  .option("--head <head>", "attention: mean, or a head from 0", "mean")
  .option("--side <n>", "gram: longest side of the matrix", parseWhole("--side", 16, 4096), 1024)
  .option("--colormap <name>", "viridis, cividis, magma, greys or diverging", "viridis")
  .option("--overlay <opacity>", "lay the map over the photograph", parseFraction("--overlay"))
  .action(async (probe: string, options: MapOptions) => {
    await checkWritable(options.out, [options.image, options.with, options.basis, options.model]);
    const { runMap } = await import("./map.ts");
    await runMap(probe, options);
  });

addFigure(program);

function withTraining(command: Command): Command {
  return command
    .addOption(deviceOption())
    .addOption(ropeOption())
    .option("--json", "print one JSON object a step");
}

withTraining(program.command("train"))
  .description("Train by a recipe: pretrain, refine, adapt or distill.")
  .argument("<recipe>", "JSON file; gramscope recipe PRESET prints one")
  .requiredOption("--out <folder>", "folder of the run; new or empty")
  .option("--steps <n>", "instead of the recipe's", parseWhole("--steps", 1))
  .option("--ignore-memory", "start although memory seems too small")
  .action(async (recipe: string, options: TrainVerbOptions) => {
    const { runTrain } = await import("./train.ts");
    await runTrain(recipe, options);
  });

withTraining(program.command("resume"))
  .description("Go on with a run from its last checkpoint.")
  .argument("<run>", "folder of the run")
  .action(async (run: string, options: TrainVerbOptions) => {
    const { runResume } = await import("./train.ts");
    await runResume(run, options);
  });

program
  .command("recipe")
  .description("Print a recipe with every setting, or what a recipe file would run with.")
  .argument("[preset or file]", "a preset's name, or a recipe to check and complete")
  .option("--json", "print errors for programs")
  .action(async (what: string | undefined) => {
    const { runRecipe } = await import("./recipe.ts");
    await runRecipe(what);
  });

program
  .command("inspect")
  .description("Show what a checkpoint or a run holds.")
  .argument("<path>", "model directory, safetensors file or run")
  .option("--json", "print results for programs")
  .action(async (path: string, options: { json?: true }) => {
    const { runInspect } = await import("./inspect.ts");
    await runInspect(path, options);
  });

addExportVerbs(program);

program
  .command("doctor")
  .description("Check every executor and the machine.")
  .option("--json", "print results for programs")
  .action(async (options: { json?: true }) => {
    const { runDoctor } = await import("./doctor.ts");
    await runDoctor(options);
  });

addSession(program);
addHub(program);
addMeasuringVerbs(program);

program
  .command("bench")
  .argument("[what]", "forward, train for steps of training, or scenes", "forward")
  .description("Measure this machine: speed against its own limit, memory, cold starts. JSON.")
  .addOption(deviceOption())
  .option("--models <names>", "variants, comma-separated", "dinov3_vits16,dinov3_vitb16")
  .option("--sizes <pixels>", "sides of square inputs, comma-separated", "224,512,1024,2048")
  .option(
    "--runs <n>",
    "repetitions; at most 3 from 1024 px, 2 from 2048",
    parseWhole("--runs", 1),
    7,
  )
  .option("--no-peer", "leave out the comparison with PyTorch")
  .option("--out <file>", "write the JSON here instead of printing it")
  .action(async (what: string, options: BenchVerbOptions) => {
    if (options.out !== undefined) await checkWritable(options.out);
    const { runBenchVerb } = await import("./bench.ts");
    await runBenchVerb(what, options);
  });

program
  .command("serve")
  .description("Serve the page and print its address.")
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option(
    "--port <n>",
    "port; 0 for any that is free (default: 4747)",
    parseWhole("--port", 0, 65_535),
  )
  .addOption(
    new Option("--token <text>", "fixed token instead of a new one")
      .env("GRAMSCOPE_TOKEN")
      .argParser(parseToken),
  )
  .addOption(deviceOption())
  .addOption(ropeOption())
  .option("--open", "open the page in the browser")
  .option("--json", "print the address for programs")
  .option("--parent <pid>", "stop when this process is gone", parseWhole("--parent", 1))
  .action(async (options: ServeOptions) => {
    const { runServe } = await import("./serve.ts");
    await runServe(options);
  });

try {
  // Named, or commander would count the words as Electron's own when the window runs this.
  await program.parseAsync(process.argv);
} catch (error) {
  const json = process.argv.includes("--json");
  if (!(error instanceof CommanderError)) refuse(error, json);
  else if (error.code === "commander.help") {
    // Called without a verb.
    console.error(program.helpInformation());
    process.exitCode = 2;
  } else if (error.exitCode !== 0) {
    const hint = "See gramscope --help, or gramscope VERB --help.";
    refuse(new EngineError("option.invalid", error.message, { hint }), json);
  }
}
