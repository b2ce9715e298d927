// Selected images and transforms -> the shape that all of them have in the end.

import type { DatasetSpec, TransformSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import { DatasetError } from "./dataset-error.js";
import { shapeOf } from "./images.js";
import type { Partition, Selection } from "./partition.js";
import { shapeAfter } from "./transforms/transforms.js";

/** The shape of images after their transforms, which must be the same for all of them. Throws DatasetError. */
export function transformedShape(
  { train, validation, test }: Pick<Partition, "train" | "validation" | "test">,
  transforms: DatasetSpec["transforms"],
): Shape {
  return commonShape(shapesIn(train), [...shapesIn(validation), ...shapesIn(test)], transforms);
}

/** Like `transformedShape`, from the shapes that occur. */
export function commonShape(
  trained: readonly Shape[],
  tested: readonly Shape[],
  transforms: DatasetSpec["transforms"],
): Shape {
  const train = oneShape(trained, transforms, "train");
  const test = oneShape(tested, transforms, "test");
  if (inWords(train) === inWords(test)) return train;
  throw new DatasetError(
    { code: "unequal-shapes", path: ["transforms"] },
    `after their transforms, training images are ${inWords(train)}, but test images are ${inWords(test)}; they must have the same shape`,
  );
}

/** The shape of all selected images after the transforms; null if they have different ones. */
export function shapeAfterAll(selection: Selection, transforms: readonly TransformSpec[]): Shape | null {
  const shapes = shapesIn(selection).map((shape) => {
    const after = shapeAfter(shape, transforms);
    return "shape" in after ? after.shape : null;
  });
  const [first = null] = shapes;
  return first !== null && shapes.every((shape) => shape !== null && inWords(shape) === inWords(first))
    ? first
    : null;
}

function oneShape(
  inputs: readonly Shape[],
  transforms: DatasetSpec["transforms"],
  part: "train" | "test",
): Shape {
  const outputs = inputs.map((input) => {
    const after = shapeAfter(input, transforms[part]);
    if ("shape" in after) return after.shape;
    throw new DatasetError({ code: "wrong-shape", path: ["transforms", part, after.index] }, after.problem);
  });
  const [first] = outputs as [Shape];
  const other = outputs.find((shape) => inWords(shape) !== inWords(first));
  if (!other) return first;
  throw new DatasetError(
    { code: "unequal-shapes", path: ["transforms", part] },
    `the ${part === "train" ? "training" : "test"} images have different sizes, for example ${inWords(first)} and ${inWords(other)} (height x width x channels); give them the same one with \`resize\` or a crop in dataset.transforms.${part}`,
  );
}

/** Each shape that occurs, once. */
function shapesIn({ images, indices }: Selection): readonly Shape[] {
  if (images.kind !== "encoded") return [images.shape];
  const found = new Map<number, Shape>();
  for (const index of indices) {
    const key = (images.sizes[2 * index] as number) * 2 ** 16 + (images.sizes[2 * index + 1] as number);
    if (!found.has(key)) found.set(key, shapeOf(images, index));
  }
  return [...found.values()];
}

function inWords({ height, width, channels }: Shape): string {
  return `${height}x${width}x${channels}`;
}
