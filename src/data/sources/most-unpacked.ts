// How much a compressed file may unpack to, since a small one can unpack to gigabytes of zeros.

/** Images compress by less than this. */
const MOST_RATIO = 200;
const ALWAYS_ALLOWED = 2 ** 26;
/** The largest array of bytes that is read. */
const NEVER_ALLOWED = 2 ** 31;

/** In bytes. */
export function mostUnpacked(packed: number): number {
  return Math.min(ALWAYS_ALLOWED + MOST_RATIO * packed, NEVER_ALLOWED - 1);
}
