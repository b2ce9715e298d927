#!/usr/bin/env node

// The command table. The only place that sets the exit code.

import { Command, CommanderError, Help } from "commander";
import { printError, usesColor } from "./commands/output.js";
import { DiagnosticError, formatDiagnostic, InputError, sortDiagnostics } from "./diagnostic.js";
import { CATALOGUE } from "./download/catalogue.js";
import { ownVersion } from "./own-version.js";
import { BACKENDS, DEVICE_NAMES, defaultLoaders } from "./runtime/devices.js";

const WRONG_INPUT = 2;

const program = new Command("squeezebox")
  .description(
    "Declarative experiments with channel-attention networks: YAML in, trained ablation and comparison out.",
  )
  .version(ownVersion(), "-V, --version", "print the version")
  .exitOverride()
  .configureHelp({
    // A default of `false` or an empty list is not worth showing.
    optionDescription: (option) => {
      const hidesDefault =
        option.defaultValue === false ||
        (Array.isArray(option.defaultValue) && option.defaultValue.length === 0);
      return hidesDefault ? option.description : new Help().optionDescription(option);
    },
  })
  .showSuggestionAfterError()
  .showHelpAfterError("(use --help to see the usage)");

const SEEDS = "replace the sweep's seeds, as in 1,2,3 or 1-8; finished runs of other seeds are kept";

const collect = (value: string, before: string[]) => [...before, value];
const count =
  (flag: string, most = 1024, least = 1) =>
  (value: string) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      throw new InputError(`${flag} must be a whole number from ${least} to ${most}; found ${value}`);
    return number;
  };

function command(name: string, description: string, group = program): Command {
  return group.command(name).description(description).option("--json", "print JSON", false);
}

function withSet(command: Command): Command {
  return command.option(
    "--set <path=value>",
    "replace a value of the experiment, as in training.epochs=5 (repeatable)",
    collect,
    [],
  );
}

function withQuick(command: Command): Command {
  return withSet(command).option(
    "--quick",
    "only try it out: one epoch over a few images, first seed only, in a separate folder",
    false,
  );
}

function withTraining(command: Command): Command {
  return withQuick(command)
    .option("--backend <name>", `one of ${BACKENDS.join(", ")}`, "auto")
    .option("--device <name>", `device of the compiled backend: ${DEVICE_NAMES.join(", ")}`, "cpu")
    .option(
      "--threads <n>",
      "threads per run (default: 1; as many as a job of Slurm has)",
      count("--threads"),
    )
    .option("--xla", "compile TensorFlow's graph by XLA: faster steps after a longer start", false)
    .option(
      "--loaders <n>",
      "threads per run that decode and transform images; 0: none besides the run's own",
      count("--loaders", 64, 0),
      defaultLoaders(),
    )
    .option("--runs <folder>", "folder for results", "runs")
    .option("--tensorboard", "also write the epochs of each run to an event file for TensorBoard", false)
    .option("--no-predictions", "do not keep what runs predict of each test image");
}

function withJobs(command: Command): Command {
  return withTraining(command)
    .option(
      "--jobs <n>",
      "runs at a time (default: cores / threads; 1 with tensorflow or a GPU device)",
      count("--jobs"),
    )
    .option("--gpus <list>", "the NVIDIA GPUs to use, as in 0,1 or all: one run at a time on each")
    .option("--jobs-per-gpu <n>", "runs at a time on each GPU", count("--jobs-per-gpu", 64), 1)
    .option("--launcher <name>", "where to train: local, slurm, or a file that describes a launcher")
    .option("--detach", "return once there are workers (slurm)", false)
    .option("--stop", "end the Slurm jobs of this sweep; finished epochs are kept", false)
    .option("--dry-run", "only show the plan", false);
}

/** An orthogonal array needs a prime number. */
function levels(text: string): number {
  const number = Number(text);
  if (![3, 5, 7].includes(number)) throw new InputError(`--levels must be 3, 5 or 7; found ${text}`);
  return number;
}

function withComparison(command: Command): Command {
  return command
    .argument("<folders...>", "one or more folders runs/<sweep>")
    .option(
      "--baseline <variant>",
      "replace the sweep's baseline; <sweep>/<variant> if there are several sweeps",
    )
    .option("--metric <column>", "replace the sweep's metric, as in test_loss or test_balanced_error");
}

command("init", "write an experiment and a sweep to start from")
  .argument("[folder]", "where to write them (default: current folder)")
  .option(
    "--data <path>",
    "your own dataset, instead of MNIST: a folder of images or of IDX files, an archive, ...",
  )
  .option("--prefix <name>", "prefix of the file names, if the folder holds several datasets")
  .action(async (folder, flags) => finish(await (await import("./commands/init.js")).init(folder, flags)));

command("validate", "check files; shows all mistakes with line, column and the closest valid name")
  .argument("<files...>", "experiments and sweeps")
  .action(async (files, flags) =>
    finish(await (await import("./commands/validate.js")).validate(files, flags)),
  );

withSet(
  command("describe", "show parts, parameters, MACs and activations of one network, or two side by side"),
)
  .argument("<experiments...>", "one or two YAML files")
  .option("--layers", "show every layer", false)
  .option("--mermaid", "print a Mermaid diagram of the network", false)
  .option("--input <shape>", "HEIGHTxWIDTHxCHANNELS, instead of the dataset's")
  .option("--classes <n>", "number of classes, instead of the dataset's", count("--classes", 100000))
  .action(async (files, flags) =>
    finish(await (await import("./commands/describe.js")).describe(files, flags)),
  );

withQuick(command("plan", "show the runs of a sweep and how long they may take; trains nothing"))
  .argument("<sweep>", "YAML file")
  .option("--runs <folder>", "folder of earlier results", "runs")
  .option("--jobs <n>", "runs at a time (default: number of cores)", count("--jobs"))
  .option("--seeds <list>", SEEDS)
  .action(async (file, flags) => finish(await (await import("./commands/plan.js")).plan(file, flags)));

withTraining(command("train", "train one experiment, or continue if it was interrupted"))
  .argument("<experiment>", "YAML file")
  .action(async (file, flags) => finish(await (await import("./commands/train.js")).train(file, flags)));

withJobs(command("sweep", "train every variant with every seed and compare; does not repeat finished runs"))
  .argument("<sweep>", "YAML file")
  .option("--seeds <list>", SEEDS)
  .action(async (file, flags) => finish(await (await import("./commands/sweep.js")).sweep(file, flags)));

withJobs(
  command(
    "variance",
    "train a variant with few seeds of each source of chance; says which causes the spread",
  ),
)
  .argument("<sweep>", "YAML file")
  .option("--variant <name>", "the variant to examine (default: the baseline)")
  .option("--levels <n>", "seeds of each source: 3, 5 or 7; their square is the number of runs", levels, 5)
  .action(async (file, flags) =>
    finish(await (await import("./commands/variance.js")).variance(file, flags)),
  );

command("status", "show how far a sweep is, on any machine that can access its files")
  .argument("<folder>", "runs/<sweep>")
  .action(async (folder, flags) =>
    finish(await (await import("./commands/status.js")).status(folder, flags)),
  );

command("worker", "train runs of a sweep that `sweep` has planned; launchers start it, and so can you")
  .argument("<folder>", "runs/<sweep>")
  .option(
    "--requeue <n>",
    "in a job of Slurm: go back into the queue when the time is up, at most this many times",
    count("--requeue", 1000, 0),
    0,
  )
  .option(
    "--time <seconds>",
    "when it will be ended: it begins no run of which it could not finish an epoch",
    count("--time", 1e8),
  )
  .action(async (folder, flags) =>
    finish(await (await import("./commands/worker.js")).worker(folder, flags)),
  );

withComparison(
  command(
    "compare",
    "print a sweep's table: means, deviations, paired differences to the baseline and what they show",
  ),
).action(async (folders, flags) =>
  finish(await (await import("./commands/compare.js")).compare(folders, flags)),
);

withComparison(command("report", "write report.html, table.md, table.tex and table.csv beside the results"))
  .option("--out <folder>", "where to write the files; required for several sweeps")
  .option(
    "--track <format>",
    "also write the runs for another program: mlflow, to mlruns/, or wandb, to wandb/",
  )
  .option("--watch", "update the report while a sweep runs, and serve it at 127.0.0.1", false)
  .option("--port <n>", "port for --watch; 0 chooses a free one", count("--port", 65535, 0), 8010)
  .action(async (folders, flags) =>
    finish(await (await import("./commands/report.js")).report(folders, flags)),
  );

command("export", "export the model of a finished run for TensorFlow.js or ONNX Runtime")
  .argument("<run>", "runs/<sweep>/<variant>/seed-<n>")
  .option("--format <name>", "tfjs or onnx", "tfjs")
  .option("--batch <n>", "images at a time, for onnx (default: any number)", count("--batch"))
  .option("--no-normalisation", "leave out the normalisation: the model takes normalised images")
  .action(async (run, flags) => finish(await (await import("./commands/export.js")).exportRun(run, flags)));

command("excite", "measure what the gates of a finished run do, by channel and class, and what each is worth")
  .argument("<run>", "runs/<sweep>/<variant>/seed-<n>")
  .action(async (run, flags) => finish(await (await import("./commands/excite.js")).excite(run, flags)));

const data = program.command("data").description("look at datasets, and get them");

command("show", "count and measure a dataset, and show some of its images before and after transforms", data)
  .argument("<path>", "experiment or sweep (YAML), or the dataset itself")
  .option("--out <folder>", "where to write images.png and data.html (default: <name>-data)")
  .action(async (path, flags) =>
    finish(await (await import("./commands/data-show.js")).dataShow(path, flags)),
  );

command("check", "read every image of a dataset, and list those that are broken", data)
  .argument("<path>", "experiment or sweep (YAML), or the dataset itself")
  .action(async (path, flags) =>
    finish(await (await import("./commands/data-check.js")).dataCheck(path, flags)),
  );

command("clean", "remove what is kept of datasets in the cache", data).action(async (flags) =>
  finish((await import("./commands/data-clean.js")).dataClean(flags)),
);

command("fetch", "download a public dataset, verify it, and show how to use it", data)
  .argument("<name>", CATALOGUE.datasets.map(({ name }) => name).join(", "))
  .option("--to <folder>", "where to put it (default: ~/datasets/<name>)")
  .option(
    "--size <pixels>",
    "height and width of the images, for MedMNIST (default: 28)",
    count("--size", 4096),
  )
  .action(async (name, flags) =>
    finish(await (await import("./commands/data-fetch.js")).dataFetch(name, flags)),
  );

withSet(
  command("profile", "show where the time of an experiment's training steps goes, by phase, layer and op"),
)
  .argument("<experiment>", "YAML file")
  .option("--input <shape>", "HEIGHTxWIDTHxCHANNELS of the images, instead of the dataset's")
  .option("--steps <n>", "number of steps that are measured", count("--steps", 10_000), 10)
  .option("--threads <n>", "cores", count("--threads"), 1)
  .option("--out <folder>", "where to write profile.csv and profile.svg (default: <name>-profile)")
  .action(async (file, flags) => finish(await (await import("./commands/profile.js")).profile(file, flags)));

command("doctor", "show which backends work on this machine, and how to get the others").action(
  async (flags) => finish(await (await import("./commands/doctor.js")).doctor(flags)),
);

command("setup", "install what a backend or a device needs besides npm packages, and try it")
  .argument(
    "<what>",
    "tensorflow: for --backend tensorflow (Linux; Python, a C++ compiler and PyPI are needed); cuda: for --device cuda (Linux on x64; Python and PyPI are needed)",
  )
  .option("--gpu", "tensorflow with CUDA, for NVIDIA GPUs", false)
  .option("--remove", "remove it again", false)
  .action(async (what, flags) => finish(await (await import("./commands/setup.js")).setUp(what, flags)));

program
  .command("completion")
  .description("print a shell script that completes commands and flags")
  .argument("<shell>", "bash, zsh or fish")
  .action(async (shell) => {
    const flagsOf = (one: Command): string[] => one.options.flatMap(({ long }) => long ?? []);
    const commands = program.commands.map((one) => ({
      name: one.name(),
      description: one.description(),
      subcommands: one.commands.map((inner) => inner.name()),
      flags: [...new Set([one, ...one.commands].flatMap(flagsOf)), "--help"],
    }));
    finish((await import("./commands/completion.js")).completion(shell, commands));
  });

function finish(exitCode: number): void {
  process.exitCode = exitCode;
}

// A reader that closes the pipe, as in `| head`, is not an error; a full disk is.
process.stdout.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  printError(`the output cannot be written (${error.message})`);
  process.on("exit", () => finish(WRONG_INPUT));
});
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) finish(error.exitCode === 0 ? 0 : WRONG_INPUT);
  else if (error instanceof DiagnosticError) {
    for (const diagnostic of sortDiagnostics(error.diagnostics))
      printError(formatDiagnostic(diagnostic, { color: usesColor(process.stderr) }));
    finish(WRONG_INPUT);
  } else if (error instanceof InputError) {
    printError(error.message);
    finish(WRONG_INPUT);
  } else if (error instanceof Error && "syscall" in error) {
    printError(error.message);
    finish(WRONG_INPUT);
  } else throw error;
}
