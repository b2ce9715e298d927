// Images -> one picture with all of them in rows.

import type { Image } from "../data/images.js";

const CELL = 64;
const GAP = 4;

/** An image in a picture. `shift`: pixels by which it is moved to the right. */
export interface Placed {
  readonly image: Image;
  readonly row: number;
  readonly column: number;
  readonly shift?: number;
}

/** A PNG as large as its images need, on white. */
export async function imageGrid(placed: readonly Placed[]): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  const at = (index: number) => GAP + (CELL + GAP) * index;
  const cells = await Promise.all(
    placed.map(async ({ image, row, column, shift = 0 }) => ({
      input: await thumbnail(image),
      left: at(column) + shift,
      top: at(row),
    })),
  );
  const width = Math.max(0, ...cells.map(({ left }) => left)) + CELL + GAP;
  const height = Math.max(0, ...cells.map(({ top }) => top)) + CELL + GAP;
  const sheet = sharp({ create: { width, height, channels: 3, background: "#ffffff" } });
  return sheet.composite(cells).png().toBuffer();

  /** As large as fits into a cell, without smoothing if it becomes larger. Of other than 1 or 3 channels, the first is shown. */
  function thumbnail({ shape: { height, width, channels }, pixels }: Image): Promise<Buffer> {
    const isPicture = channels === 1 || channels === 3;
    const data = isPicture ? pixels : pixels.filter((_, index) => index % channels === 0);
    return sharp(data, { raw: { width, height, channels: isPicture ? channels : 1 } })
      .resize(CELL, CELL, {
        fit: "contain",
        background: "#ffffff",
        kernel: Math.max(height, width) < CELL ? "nearest" : "lanczos3",
      })
      .toColourspace("srgb")
      .png()
      .toBuffer();
  }
}
