// Normally distributed numbers, by the Box-Muller transform.

const RANGE: f64 = 2 ** 32;

/**
 * Writes `count` numbers with mean 0 from the address `to` on, as float32. At the address `state` are the two 64-bit numbers of an
 * xoroshiro128+ generator, of whose numbers the lower 32 bits are used.
 */
export function fillNormal(state: usize, count: i32, deviation: f64, to: usize): void {
  const end = to + ((<usize>count) << 2);
  for (; to < end; to += 8) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(state)));
    NativeMath.sincos(2 * Math.PI * uniform(state));
    store<f32>(to, <f32>(deviation * (radius * NativeMath.sincos_cos)));
    if (to + 4 < end) store<f32>(to + 4, <f32>(deviation * (radius * NativeMath.sincos_sin)));
  }
}

/** Uniform in [0, 1). */
function uniform(state: usize): f64 {
  const first = load<u64>(state);
  const second = load<u64>(state, 8);
  const both = first ^ second;
  store<u64>(state, rotl(first, 24) ^ both ^ (both << 16));
  store<u64>(state, rotl(both, 37), 8);
  return <f64>(<u32>(first + second)) / RANGE;
}
