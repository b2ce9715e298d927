// What a kind of dataset is.

import type { Shape } from "../../network/graph.js";
import type { RawDataset } from "../images.js";

/** `Spec`: what a configuration says under `dataset`, checked and with its defaults. */
export interface Source<Spec> {
  /**
   * Reads as little as it can. `images`: the number of images that training and validation images are taken from; null if
   * the dataset has a validation set of its own, or if the number is only known once the images are read. Throws InputError as `open` would.
   */
  describe(spec: Spec): { readonly shape: Shape; readonly classes: number; readonly images: number | null };
  /** Throws InputError where files are missing or damaged. */
  open(spec: Spec): RawDataset | Promise<RawDataset>;
}
