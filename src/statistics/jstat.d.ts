// The part of jstat that is used. The package has no types.

declare module "jstat" {
  const jstat: {
    readonly centralF: { cdf(value: number, freedom: number, freedomBelow: number): number };
    readonly studentt: {
      inv(probability: number, degreesOfFreedom: number): number;
      cdf(value: number, degreesOfFreedom: number): number;
    };
  };
  export default jstat;
}
