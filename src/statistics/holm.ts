// p-values of several comparisons -> p-values that are corrected for their number.

/** Holm's step-down correction (1979) for `comparisons`, of which only these have p-values so far. Keeps the order of `ps`. */
export function holm(ps: readonly number[], comparisons = ps.length): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  order.forEach(({ p, index }, rank) => {
    most = Math.max(most, Math.min(1, p * (comparisons - rank)));
    adjusted[index] = most;
  });
  return adjusted;
}
