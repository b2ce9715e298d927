// All kinds of datasets, by their names in configurations.

import type { DatasetSpec } from "../../config/experiment-spec.js";
import { CIFAR10, CIFAR100 } from "./cifar.js";
import { FOLDER } from "./folder.js";
import { IDX } from "./idx.js";
import { MNIST } from "./mnist.js";
import { NPZ } from "./npz.js";
import { PARQUET } from "./parquet.js";
import type { Source } from "./source.js";
import { SYNTHETIC } from "./synthetic.js";

type Sources = { readonly [Spec in DatasetSpec as Spec["name"]]: Source<Spec> };

/** If a kind from the schema is missing here, this does not compile. */
export const SOURCES: Sources = {
  mnist: MNIST,
  idx: IDX,
  cifar10: CIFAR10,
  cifar100: CIFAR100,
  npz: NPZ,
  parquet: PARQUET,
  folder: FOLDER,
  synthetic: SYNTHETIC,
};
