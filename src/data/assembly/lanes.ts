// What other files do with 16 bytes or four numbers.

/** Cut off, not rounded. */
export function whole(values: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(values);
}

/** Limits 16 integers to the values of a byte. */
export function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** Integers. */
export function mixed(values: v128, other: v128, share: v128): v128 {
  const difference = f32x4.sub(f32x4.convert_i32x4_s(values), other);
  return whole(f32x4.add(other, f32x4.mul(share, difference)));
}
