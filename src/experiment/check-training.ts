// Checks of what training requires of the network and of the data.

import { checkMilestones } from "../config/check-milestones.js";
import { stepsPerEpoch } from "../data/batches.js";
import type { Report } from "../diagnostic.js";
import type { Graph } from "../network/graph.js";
import { inferShapes, outputsOf } from "../network/shapes.js";
import type { CheckedExperiment, ExperimentInput } from "./checked-experiment.js";

export type TrainingParts = Pick<CheckedExperiment, "experiment" | "located"> & {
  readonly graph: Graph;
  readonly input: ExperimentInput;
};

export function checkTraining(parts: TrainingParts, report: Report): void {
  const { experiment, graph, input } = parts;
  const { batchSize, classWeights } = experiment.training;
  const outputs = outputsOf(graph);
  if (Array.isArray(classWeights) && classWeights.length !== outputs)
    report(
      "wrong-length",
      `\`training.classWeights\` has ${classWeights.length} numbers, but the network has ${outputs} outputs`,
      ["training", "classWeights"],
    );
  const single = batchSize === 1 || input.trainImages === 1 ? pointwiseNorm(graph) : undefined;
  if (single !== undefined)
    report(
      "batch-of-one",
      `${single}: BatchNorm cannot compute statistics from one pixel of one image; use batches of at least two images`,
      ["training", "batchSize"],
    );
  if (input.trainImages) checkLength(input.trainImages, parts, report);
}

/** The first BatchNorm whose input has a single pixel. */
function pointwiseNorm(graph: Graph): string | undefined {
  const shapes = inferShapes(graph);
  return graph.find(({ op, name }) => {
    const shape = shapes.get(name);
    return op === "batch-norm" && shape?.height === 1 && shape.width === 1;
  })?.name;
}

/** Each epoch has a step, and training reaches all milestones of the schedule. */
function checkLength(
  images: number,
  { experiment: { training }, located }: Pick<TrainingParts, "experiment" | "located">,
  report: Report,
): void {
  const steps = stepsPerEpoch(images, training);
  if (steps === 0)
    report(
      "too-few-images",
      `there are only ${images} training images, so \`dropLast\` leaves out all of them; \`batchSize\` must not exceed their number`,
      ["training", "batchSize"],
    );
  else if (training.schedule.name === "steps")
    checkMilestones(training.schedule.at, { ...training, stepsPerEpoch: steps, located, report });
}
