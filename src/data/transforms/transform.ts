// The interface of a transform: a function from an image to an image.

import type { TransformName, TransformSpecs } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import type { RandomStream } from "../../random.js";
import type { Image } from "../images.js";
import type { Window } from "./crop.js";

/** Parameters have the same meaning as those of the torchvision transform of the same name. */
export interface Transform<Name extends TransformName> {
  /** Whether its output depends on random numbers. Only training images are transformed at random. */
  readonly isRandom: boolean;
  /** Returns the shape of transformed images, or the reason why images of the input shape cannot be transformed. */
  shape(input: Shape, spec: TransformSpecs[Name]): Shape | string;
  /** Must not write to `image.pixels`, which may be part of the dataset itself; may return the image unchanged. */
  apply(image: Image, spec: TransformSpecs[Name], random: RandomStream): Image;
  /** Of transforms that use only part of an image, because the rest need not be decoded then. Draws what `apply` draws. */
  cut?(input: Shape, spec: TransformSpecs[Name], random: RandomStream): Cut;
}

/** Part of an image, and what is to be done with it. */
export interface Cut {
  readonly window: Window;
  finish(part: Image): Image;
}
