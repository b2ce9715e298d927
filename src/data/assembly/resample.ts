// Weighted sums of pixels, in 22-bit fixed point.

import { bytesOf } from "./lanes";

/** The number of bits of the fractions of weights, as in Pillow's Resample.c. */
const PRECISION: i32 = 32 - 8 - 2;
/** Sums start here, so that cutting off the bits of the fraction rounds them. */
const HALF: i32 = 1 << (PRECISION - 1);

/**
 * Resamples rows of pixels. `taps`: for each output, the index of its first input and their number (two i32 arrays of `width`), then
 * their weights ([width, most]).
 */
export function resampleRows(
  from: usize,
  rows: i32,
  inputs: i32,
  channels: i32,
  taps: usize,
  width: i32,
  most: i32,
  to: usize,
): void {
  const counts = taps + 4 * width;
  const weights = counts + 4 * width;
  // Four rows at a time, as many as fit into registers; the last four overlap with those before them.
  const fromB = min(1, rows - 1) * inputs * channels;
  const fromC = min(2, rows - 1) * inputs * channels;
  const fromD = min(3, rows - 1) * inputs * channels;
  const toB = min(1, rows - 1) * width * channels;
  const toC = min(2, rows - 1) * width * channels;
  const toD = min(3, rows - 1) * width * channels;
  for (let next = 0; next < rows; next += 4) {
    const row = max(0, min(next, rows - 4));
    for (let channel = 0; channel < channels; channel += 4) {
      const lanes = min(4, channels - channel);
      const start = from + row * inputs * channels + channel;
      let out = to + row * width * channels + channel;
      for (let output = 0; output < width; output++, out += channels) {
        let at = start + load<i32>(taps + 4 * output) * channels;
        let weight = weights + 4 * output * most;
        const end = weight + 4 * load<i32>(counts + 4 * output);
        let a = i32x4.splat(HALF);
        let b = a;
        let c = a;
        let d = a;
        for (; weight < end; weight += 4, at += channels) {
          const share = v128.load32_splat(weight);
          a = i32x4.add(a, i32x4.mul(fourValues(at), share));
          b = i32x4.add(b, i32x4.mul(fourValues(at + fromB), share));
          c = i32x4.add(c, i32x4.mul(fourValues(at + fromC), share));
          d = i32x4.add(d, i32x4.mul(fourValues(at + fromD), share));
        }
        // Bytes: four of each row.
        const bytes = bytesOf(shifted(a), shifted(b), shifted(c), shifted(d));
        storeLanes(out, lanes, bytes);
        storeLanes(out + toB, lanes, v128.shuffle<i32>(bytes, bytes, 1, 1, 1, 1));
        storeLanes(out + toC, lanes, v128.shuffle<i32>(bytes, bytes, 2, 2, 2, 2));
        storeLanes(out + toD, lanes, v128.shuffle<i32>(bytes, bytes, 3, 3, 3, 3));
      }
    }
  }
}

/** Resamples columns. `values`: of a row, which is the width times the channels. The rest as for rows. */
export function resampleColumns(
  from: usize,
  values: i32,
  taps: usize,
  height: i32,
  most: i32,
  to: usize,
): void {
  const counts = taps + 4 * height;
  const weights = counts + 4 * height;
  // What is written after the end of a row is replaced by the next row.
  for (let output = 0; output < height; output++) {
    const start = from + load<i32>(taps + 4 * output) * values;
    const first = weights + 4 * output * most;
    const end = first + 4 * load<i32>(counts + 4 * output);
    for (let value = 0; value < values; value += 16) {
      let a = i32x4.splat(HALF);
      let b = a;
      let c = a;
      let d = a;
      let at = start + value;
      for (let weight = first; weight < end; weight += 4, at += values) {
        const share = v128.load32_splat(weight);
        const low = v128.load(at);
        const high = i16x8.extend_high_i8x16_u(low);
        const near = i16x8.extend_low_i8x16_u(low);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(near), share));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(near), share));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), share));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), share));
      }
      v128.store(to + output * values + value, bytesOf(shifted(a), shifted(b), shifted(c), shifted(d)));
    }
  }
}

/** The integers of sums of weighted values. */
function shifted(sums: v128): v128 {
  return i32x4.shr_s(sums, PRECISION);
}

/** Four bytes as integers. */
function fourValues(at: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
}

/** The first one to four bytes. */
function storeLanes(at: usize, lanes: i32, bytes: v128): void {
  if (lanes === 4) v128.store32_lane(at, bytes, 0);
  else if (lanes === 3) {
    v128.store16_lane(at, bytes, 0);
    v128.store8_lane(at, bytes, 2, 2);
  } else if (lanes === 2) v128.store16_lane(at, bytes, 0);
  else v128.store8_lane(at, bytes, 0);
}
