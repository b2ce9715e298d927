// What a transform is: a function of an image of bytes.

import type { TransformName, TransformSpecs } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import type { RandomStream } from "../../random.js";
import type { Image } from "../images.js";

/** Parameters mean what those of torchvision's transform of the same name mean. */
export interface Transform<Name extends TransformName> {
  /** Whether its output depends on random numbers. Only training images are transformed at random. */
  readonly isRandom: boolean;
  /** The shape that images of a shape are transformed to, or why they cannot be. */
  shape(input: Shape, spec: TransformSpecs[Name]): Shape | string;
  /** Must not write to `image.pixels`, which may be part of the dataset itself; may return the image as it is. */
  apply(image: Image, spec: TransformSpecs[Name], random: RandomStream): Image;
}
