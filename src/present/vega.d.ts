// What vega has and its own types lack.

export {};

declare module "vega" {
  /** Names of clip paths count from the beginning again. */
  export function resetSVGDefIds(): void;
}
