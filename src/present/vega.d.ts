// A function of vega that is missing from its own types.

export {};

declare module "vega" {
  /** Restarts the numbering of clip paths. */
  export function resetSVGDefIds(): void;
}
