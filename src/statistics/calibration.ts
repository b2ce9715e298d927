// Confidences and whether they were justified -> how well calibrated they are.

/** As in the paper, and in most that followed it. */
export const CALIBRATION_BINS = 15;

/**
 * Expected calibration error: the difference between the share of correct images and the mean confidence in each of 15 equally wide bins
 * of confidence, ((i - 1) / 15, i / 15], averaged over images (Naeini et al. 2015; Guo et al. 2017). `confidence`: the largest
 * probability of each image, from 0 to 1.
 */
export function calibrationError(confidence: Float32Array, isCorrect: (image: number) => boolean): number {
  const gaps = new Float64Array(CALIBRATION_BINS);
  for (const [image, value] of confidence.entries()) {
    const bin = Math.max(0, Math.ceil(value * CALIBRATION_BINS) - 1);
    gaps[bin] = (gaps[bin] as number) + (isCorrect(image) ? 1 : 0) - value;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / confidence.length;
}
