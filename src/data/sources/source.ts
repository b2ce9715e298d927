// The interface of a kind of dataset.

import type { Shape } from "../../network/graph.js";
import type { RawDataset } from "../images.js";

/** `Spec`: the value of `dataset` in a configuration, checked and with its defaults filled in. */
export interface Source<Spec> {
  /**
   * Reads as little as possible. `images`: the number of images that training and validation images are taken from; null if
   * the dataset has a validation set of its own, or if the number is unknown until the images are read. Throws the same
   * InputError as `open`.
   */
  describe(spec: Spec): { readonly shape: Shape; readonly classes: number; readonly images: number | null };
  /** Throws InputError if files are missing or damaged. */
  open(spec: Spec): RawDataset | Promise<RawDataset>;
}
