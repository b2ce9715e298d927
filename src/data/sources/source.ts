// The interface of a kind of dataset.

import type { Shape } from "../../network/graph.js";
import type { RawDataset } from "../images.js";
import type { OnProgress } from "../progress.js";

/** `Spec`: the value of `dataset` in a configuration, checked and with its defaults filled in. */
export interface Source<Spec> {
  /**
   * What is known about the images without decoding any; null if that is nothing. `images`: the number of images that training
   * and validation images are taken from; null if the dataset has a validation set of its own, or if the number is unknown until
   * the images are read. Throws the same InputError as `open`.
   */
  describe(
    spec: Spec,
  ): { readonly shape: Shape; readonly classes: number; readonly images: number | null } | null;
  /** The files that the dataset consists of; null if it depends on no file, or is read faster than its files are looked up. */
  files(spec: Spec): readonly string[] | null;
  /** Throws InputError, or rejects with it, if files are missing or damaged. */
  open(spec: Spec, onProgress: OnProgress): RawDataset | Promise<RawDataset>;
}
