// Names of the engines; apart from them, so that reading a configuration does not load TensorFlow.js.

export const BACKENDS = ["auto", "compiled", "tensorflow", "cpu"] as const;
export type BackendChoice = (typeof BACKENDS)[number];
