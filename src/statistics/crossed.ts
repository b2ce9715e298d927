// Differences by seed and by test image -> how uncertain their mean is because of the seeds, and because of the images.

/** The differences of one seed that are not 0: the images, and what they are. */
export interface SparseDifferences {
  readonly images: readonly number[];
  readonly values: readonly number[];
}

export interface CrossedErrors {
  /** Standard error of the mean if the images were fixed and the seeds drawn, as by Student's t over seeds. */
  readonly seeds: number;
  /** Standard error of the mean if the seeds were fixed and the images drawn. */
  readonly images: number;
  /** Standard error of the mean if both were drawn. */
  readonly both: number;
}

/**
 * Standard errors of the mean over all seeds and images, of which both are random: the method of moments for two crossed random effects
 * (Cornfield and Tukey 1956). What a bootstrap that draws seeds and images independently would give, without its own random error.
 * `rows`: one per seed, at least 2; `images`: the number of test images. Null for a single seed.
 */
export function crossedErrors(rows: readonly SparseDifferences[], images: number): CrossedErrors | null {
  const seeds = rows.length;
  if (seeds < 2 || images < 2) return null;
  const columns = new Float64Array(images);
  let squares = 0;
  const sums = rows.map(({ images: where, values }) => {
    let sum = 0;
    for (const [index, value] of values.entries()) {
      const image = where[index] as number;
      columns[image] = (columns[image] as number) + value;
      sum += value;
      squares += value * value;
    }
    return sum;
  });
  const mean = sums.reduce((total, sum) => total + sum, 0) / (seeds * images);
  // Sums of squares of a two-way layout with one value per cell.
  const ofSeeds = images * sums.reduce((total, sum) => total + (sum / images - mean) ** 2, 0);
  const ofImages = seeds * columns.reduce((total, sum) => total + (sum / seeds - mean) ** 2, 0);
  const rest = squares - seeds * images * mean ** 2 - ofSeeds - ofImages;
  const cells = seeds * images;
  const [bySeeds, byImages, byBoth] = [
    ofSeeds / (seeds - 1) / cells,
    ofImages / (images - 1) / cells,
    Math.max(0, rest) / ((seeds - 1) * (images - 1)) / cells,
  ];
  // Each of the first two contains the third.
  const both = Math.max(bySeeds, byImages, bySeeds + byImages - byBoth);
  return { seeds: Math.sqrt(bySeeds), images: Math.sqrt(byImages), both: Math.sqrt(both) };
}
