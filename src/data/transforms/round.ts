// Rounding as Python does it, and with it torchvision.

/** To the nearest integer; halves to the even one. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
