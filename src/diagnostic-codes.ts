// The code of every diagnostic: what tests and tools match on.

export type DiagnosticCode =
  // YAML
  /** Larger than a configuration can be. */
  | "too-large"
  /** Nested deeper than a configuration can be. */
  | "too-deep"
  /** The text is not YAML, or not one document. */
  | "yaml-syntax"
  /** `${axis}` without quotes inside braces or brackets. */
  | "unquoted-axis"
  /** A mapping has the same key twice. */
  | "duplicate-key"
  /** An alias without an anchor before it. */
  | "unknown-alias"
  /** An anchor's value contains an alias to itself. */
  | "circular-alias"
  /** Aliases expand to more than memory should hold. */
  | "alias-bomb"
  // One value against its schema
  /** A key that the mapping does not have. */
  | "unknown-key"
  /** A required key is absent. */
  | "missing-key"
  /** A value of the wrong kind: a text for a number, a list for a mapping. */
  | "wrong-type"
  /** None of the listed values or alternatives. */
  | "not-allowed"
  /** A number beyond its limits, or a list or text of the wrong length. */
  | "out-of-range"
  /** A value that is given twice where all must differ. */
  | "duplicate-value"
  /** A name that cannot be a folder's, or an axis'. */
  | "unsafe-name"
  /** Any other error of the schema validator. */
  | "invalid"
  // Keys of an experiment that exclude, need or contradict each other
  /** Two keys of which one may be given. */
  | "both-given"
  /** A list whose length must be that of something else, or a mapping that must have exactly one key. */
  | "wrong-length"
  /** A list that must ascend. */
  | "unordered"
  /** A key that changes nothing. */
  | "unused-key"
  /** The run to start from has not finished, or is another one. */
  | "no-such-run"
  /** Weights of the run to start from do not fit. */
  | "other-weights"
  /** A part to freeze that the network does not have. */
  | "unknown-part"
  /** A stage's `r` without a gate that has a reduction ratio. */
  | "r-without-se"
  // The network, and what training needs of it and of the data
  /** A stride, kernel or pool larger than its input. */
  | "too-small"
  /** A vector where an image is needed, or an image where a vector is. */
  | "wrong-rank"
  /** A transform cannot be applied to images of this shape. */
  | "wrong-shape"
  /** Channels that groups do not divide. */
  | "indivisible"
  /** A zero-padded shortcut to fewer channels. */
  | "fewer-channels"
  /** Branches of different shapes that are added or concatenated. */
  | "unequal-shapes"
  /** A classifier with fewer outputs than the dataset has classes. */
  | "too-few-classes"
  /** BatchNorm over one image of one pixel. */
  | "batch-of-one"
  /** More images asked for than the dataset has. */
  | "too-few-images"
  // Values replaced by path
  /** `--set` without a path or a value. */
  | "set-syntax"
  /** A path that cannot be one of an experiment. */
  | "unsafe-path"
  /** An index beyond a list, or an item to be taken away from it. */
  | "no-such-item"
  /** A path that leads nowhere, or a cost that nothing matches. */
  | "no-match"
  /** A change of the network that stages with values of their own do not inherit. */
  | "not-reached"
  /** A path with no value after it, which YAML reads as null. */
  | "empty-value"
  // Sweeps
  /** The experiment that a sweep names cannot be read. */
  | "no-such-file"
  /** Experiments that extend each other. */
  | "circular-base"
  /** The experiment that a sweep names is a sweep. */
  | "not-an-experiment"
  /** An axis in both `grid` and `zip`. */
  | "duplicate-axis"
  /** An axis that nothing refers to. */
  | "unused-axis"
  /** `${name}` without an axis of that name. */
  | "unknown-axis"
  /** Axes of `zip` of different lengths. */
  | "unequal-zip"
  /** An axis whose values all make the same run. */
  | "idle-axis"
  /** Two variants with one name. */
  | "duplicate-variant"
  /** A baseline, or a variant to match, that does not exist. */
  | "unknown-variant"
  /** `match` without a variant. */
  | "nothing-to-match"
  /** Seeds until a comparison is decided, in a sweep that compares nothing. */
  | "nothing-to-compare"
  /** Variants that are halved have different numbers of epochs. */
  | "unequal-epochs"
  /** A variant that matches one that is matched itself. */
  | "matched-twice";
