// Images of any number of channels.

import { bytesOf, mixed } from "./lanes";

/** Mixes each value with another one: dull + factor (value - dull), in 32-bit floating point. */
export function mix(from: usize, bytes: i32, dull: f32, factor: f32): void {
  const other = f32x4.splat(dull);
  const share = f32x4.splat(factor);
  for (let at = from; at < from + bytes; at += 16) {
    const values = v128.load(at);
    const low = i16x8.extend_low_i8x16_u(values);
    const high = i16x8.extend_high_i8x16_u(values);
    const a = mixed(i32x4.extend_low_i16x8_u(low), other, share);
    const b = mixed(i32x4.extend_high_i16x8_u(low), other, share);
    const c = mixed(i32x4.extend_low_i16x8_u(high), other, share);
    const d = mixed(i32x4.extend_high_i16x8_u(high), other, share);
    v128.store(at, bytesOf(a, b, c, d));
  }
}

export function sum(at: usize, bytes: i32): f64 {
  let sum: u64 = 0;
  for (const end = at + bytes; at < end; at++) sum += load<u8>(at);
  return <f64>sum;
}

/** Replaces bytes by 32-bit floating-point numbers: each channel has a table of 256. */
export function lookUpNumbers(from: usize, bytes: i32, channels: i32, tables: usize, to: usize): void {
  const end = from + bytes;
  const last = tables + channels * 1024;
  let table = tables;
  for (; from < end; from++, to += 4) {
    store<f32>(to, load<f32>(table + 4 * <usize>load<u8>(from)));
    table += 1024;
    if (table === last) table = tables;
  }
}

/** Mirrors rows of pixels from left to right. */
export function mirrorRows(from: usize, rows: i32, width: i32, channels: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    let at = from + (row + 1) * width * channels;
    for (let column = 0; column < width; column++, to += channels) {
      at -= channels;
      for (let channel = 0; channel < channels; channel += 4)
        store<u32>(to + channel, load<u32>(at + channel));
    }
  }
}
