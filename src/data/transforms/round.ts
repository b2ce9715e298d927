// Rounding as in Python, and therefore in torchvision.

/** Rounds to the nearest integer, and halves to the even one. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + Math.abs(below % 2) : Math.round(value);
}
