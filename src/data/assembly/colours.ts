// Colours: three bytes, of which four are in 12 bytes.

import { mixed, whole } from "./lanes";

/** Mixes each colour with the grey of the same luma. */
export function mixWithLuma(at: usize, pixels: i32, factor: f32): void {
  const share = f32x4.splat(factor);
  for (const end = at + 3 * pixels; at < end; at += 12) {
    const four = v128.load(at);
    const red = redOf(four);
    const green = greenOf(four);
    const blue = blueOf(four);
    const grey = f32x4.convert_i32x4_s(luma(red, green, blue));
    storeColours(
      at,
      limited(mixed(red, grey, share)),
      limited(mixed(green, grey, share)),
      limited(mixed(blue, grey, share)),
    );
  }
}

/** The sum of the luma of all pixels. */
export function sumOfLuma(at: usize, pixels: i32): f64 {
  const end = at + 3 * pixels;
  // The last four pixels may be fewer.
  v128.store(end, i32x4.splat(0));
  let sum = i64x2.splat(0);
  for (; at < end; at += 12) {
    const four = v128.load(at);
    const own = luma(redOf(four), greenOf(four), blueOf(four));
    sum = i64x2.add(sum, i64x2.extend_low_i32x4_u(own));
    sum = i64x2.add(sum, i64x2.extend_high_i32x4_u(own));
  }
  return <f64>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}

/**
 * Shifts hues, which are bytes, by way of Pillow's HSV. Computed in 32-bit floating point throughout: for every colour, this gives the
 * same bytes as Pillow's mixture of 32 and 64 bits.
 */
export function shiftHue(at: usize, pixels: i32, shift: i32): void {
  const most = f32x4.splat(255);
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  for (const end = at + 3 * pixels; at < end; at += 12) {
    const four = v128.load(at);
    const red = redOf(four);
    const green = greenOf(four);
    const blue = blueOf(four);
    const highest = i32x4.max_s(red, i32x4.max_s(green, blue));
    const lowest = i32x4.min_s(red, i32x4.min_s(green, blue));
    const value = f32x4.convert_i32x4_s(highest);
    const range = f32x4.convert_i32x4_s(i32x4.sub(highest, lowest));
    const saturation = whole(f32x4.mul(f32x4.div(range, value), most));
    const purity = f32x4.div(f32x4.convert_i32x4_s(saturation), most);

    const hue = v128.and(
      i32x4.add(hueOf(red, green, blue, highest, lowest, range), i32x4.splat(shift)),
      i32x4.splat(255),
    );
    // The sixth of the circle, how far into it, and so how far the channel between the others is from the highest.
    const sixths = i32x4.mul(hue, i32x4.splat(6));
    const sector = whole(f32x4.div(f32x4.convert_i32x4_s(sixths), most));
    const rest = i32x4.sub(sixths, i32x4.mul(sector, i32x4.splat(255)));
    const isOdd = i32x4.ne(v128.and(sector, i32x4.splat(1)), i32x4.splat(0));
    const depth = v128.bitselect(rest, i32x4.sub(i32x4.splat(255), rest), isOdd);
    const share = f32x4.div(f32x4.convert_i32x4_s(depth), most);

    const low = whole(f32x4.add(f32x4.mul(value, f32x4.sub(one, purity)), half));
    const between = whole(f32x4.add(f32x4.mul(value, f32x4.sub(one, f32x4.mul(purity, share))), half));
    const is0 = v128.or(i32x4.eq(sector, i32x4.splat(0)), i32x4.eq(sector, i32x4.splat(6)));
    const is1 = i32x4.eq(sector, i32x4.splat(1));
    const is2 = i32x4.eq(sector, i32x4.splat(2));
    const is3 = i32x4.eq(sector, i32x4.splat(3));
    const is4 = i32x4.eq(sector, i32x4.splat(4));
    const is5 = i32x4.eq(sector, i32x4.splat(5));
    storeColours(
      at,
      choose(v128.or(is0, is5), highest, v128.or(is1, is4), between, low),
      choose(v128.or(is1, is2), highest, v128.or(is0, is3), between, low),
      choose(v128.or(is3, is4), highest, v128.or(is2, is5), between, low),
    );
  }
}

/** Hues as bytes; not a number, and so 0, where the range is 0. */
function hueOf(red: v128, green: v128, blue: v128, highest: v128, lowest: v128, range: v128): v128 {
  const middle = i32x4.sub(i32x4.add(i32x4.add(red, green), blue), i32x4.add(highest, lowest));
  const distance = f32x4.div(f32x4.convert_i32x4_s(i32x4.sub(highest, middle)), range);
  const redIsHighest = i32x4.eq(red, highest);
  const greenIsHighest = i32x4.eq(green, highest);
  const redIsLowest = i32x4.eq(red, lowest);
  const greenIsLowest = i32x4.eq(green, lowest);
  // From the hue where one channel is highest and another lowest, up or down by the distance of the third.
  const isUp = v128.bitselect(
    greenIsLowest,
    v128.bitselect(v128.not(redIsLowest), redIsLowest, greenIsHighest),
    redIsHighest,
  );
  const ofRed = v128.bitselect(f32x4.splat(-1), f32x4.splat(1), greenIsLowest);
  const ofGreen = v128.bitselect(f32x4.splat(3), f32x4.splat(1), redIsLowest);
  const ofBlue = v128.bitselect(f32x4.splat(3), f32x4.splat(5), redIsLowest);
  const start = v128.bitselect(ofRed, v128.bitselect(ofGreen, ofBlue, greenIsHighest), redIsHighest);
  const sextant = f32x4.add(start, v128.bitselect(distance, f32x4.neg(distance), isUp));
  const turn = f32x4.div(sextant, f32x4.splat(6));
  const isNegative = f32x4.lt(turn, f32x4.splat(0));
  const positive = v128.bitselect(f32x4.add(turn, f32x4.splat(1)), turn, isNegative);
  return whole(f32x4.mul(positive, f32x4.splat(255)));
}

/** ITU-R 601-2 luma in 16-bit fixed point, as Pillow's convert("L"). */
function luma(red: v128, green: v128, blue: v128): v128 {
  const weighted = i32x4.add(
    i32x4.add(i32x4.mul(red, i32x4.splat(19595)), i32x4.mul(green, i32x4.splat(38470))),
    i32x4.add(i32x4.mul(blue, i32x4.splat(7471)), i32x4.splat(0x8000)),
  );
  return i32x4.shr_s(weighted, 16);
}

function choose(first: v128, a: v128, second: v128, b: v128, c: v128): v128 {
  return v128.bitselect(a, v128.bitselect(b, c, second), first);
}

function limited(values: v128): v128 {
  return i32x4.max_s(i32x4.min_s(values, i32x4.splat(255)), i32x4.splat(0));
}

/** The red of four colours, which are 12 bytes, as integers. */
function redOf(colours: v128): v128 {
  // biome-ignore format: one line for four values
  return v128.shuffle<u8>(colours, i32x4.splat(0), 0, 16, 16, 16, 3, 16, 16, 16, 6, 16, 16, 16, 9, 16, 16, 16);
}

function greenOf(colours: v128): v128 {
  // biome-ignore format: one line for four values
  return v128.shuffle<u8>(colours, i32x4.splat(0), 1, 16, 16, 16, 4, 16, 16, 16, 7, 16, 16, 16, 10, 16, 16, 16);
}

function blueOf(colours: v128): v128 {
  // biome-ignore format: one line for four values
  return v128.shuffle<u8>(colours, i32x4.splat(0), 2, 16, 16, 16, 5, 16, 16, 16, 8, 16, 16, 16, 11, 16, 16, 16);
}

/** Writes four colours, and no more. */
function storeColours(at: usize, red: v128, green: v128, blue: v128): void {
  const colours = v128.or(red, v128.or(i32x4.shl(green, 8), i32x4.shl(blue, 16)));
  const bytes = v128.shuffle<u8>(colours, colours, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
  v128.store64_lane(at, bytes, 0);
  v128.store32_lane(at, bytes, 2, 8);
}
