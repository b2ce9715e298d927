// A made-up dataset whose classes differ only in the statistics of their channels, which is what channel attention can use.

import type { DatasetSpec } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import { randomStream } from "../../random.js";
import type { RawDataset } from "../images.js";
import { datasetInMemory, inMemory, type PartInMemory } from "./in-memory.js";
import type { Source } from "./source.js";

type SyntheticSpec = Extract<DatasetSpec, { name: "synthetic" }>;

export const SYNTHETIC: Source<SyntheticSpec> = {
  describe: (spec) => ({ ...inputOf(spec), images: null }),
  files: () => null,
  open: loadSynthetic,
};

function inputOf({ size, channels, classes }: SyntheticSpec): {
  shape: Shape;
  classes: number;
} {
  const [height, width] = typeof size === "number" ? [size, size] : (size as [number, number]);
  return { shape: { height, width, channels }, classes };
}

/**
 * Every pixel is noise. Each class has its own mean and spread of brightness in each channel. The same description always
 * results in the same images.
 */
function loadSynthetic(spec: SyntheticSpec): RawDataset {
  const classNames = Array.from({ length: spec.classes }, (_, label) => String(label));
  return datasetInMemory({
    classNames,
    train: draw(spec, "train", spec.images),
    validation: draw(spec, "validation", spec.validation),
    test: draw(spec, "test", spec.test),
  });
}

function draw(spec: SyntheticSpec, part: string, count: number): PartInMemory {
  const { shape, classes } = inputOf(spec);
  const statistics = Array.from({ length: classes }, (_, label) => {
    const random = randomStream("synthetic", "class", label);
    return Array.from({ length: shape.channels }, () => ({
      mean: 64 + 128 * random.uniform(),
      spread: 8 + 40 * random.uniform(),
    }));
  });
  const random = randomStream("synthetic", part, shape.height, shape.channels);
  const size = shape.height * shape.width * shape.channels;
  const pixels = new Uint8Array(count * size);
  const labels = Uint16Array.from({ length: count }, (_, index) => index % classes);
  labels.forEach((label, image) => {
    for (let offset = 0; offset < size; offset++) {
      const channel = statistics[label]?.[offset % shape.channels];
      if (channel)
        pixels[image * size + offset] = Math.max(
          0,
          Math.min(255, Math.round(channel.mean + channel.spread * random.normal())),
        );
    }
  });
  return inMemory(shape, pixels, labels);
}
