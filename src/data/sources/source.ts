// What a kind of dataset is.

import type { Shape } from "../../network/graph.js";
import type { RawDataset } from "../images.js";

/** `Spec`: what a configuration says under `dataset`, checked and with its defaults. */
export interface Source<Spec> {
  /**
   * Reads as little as it can. `images`: those that training and validation images are taken from; null where the splits
   * are the dataset's own. Throws InputError as `open` would.
   */
  describe(spec: Spec): { readonly shape: Shape; readonly classes: number; readonly images: number | null };
  /** Throws InputError where files are missing or damaged. */
  open(spec: Spec): RawDataset | Promise<RawDataset>;
}
