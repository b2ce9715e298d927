// A misspelt word -> the nearest valid word.

import { distance } from "fastest-levenshtein";

/** Other names of the same thing. */
const SYNONYMS: Readonly<Record<string, string>> = {
  swish: "silu",
  "h-swish": "hard-swish",
  "h-sigmoid": "hard-sigmoid",
  lrelu: "leaky-relu",
  split: "split-attention",
  gcnet: "gc",
  fcanet: "fca",
};

/** The candidate closest to `word`, if it is close enough that it was probably meant. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const synonym = SYNONYMS[word.toLowerCase().replaceAll("_", "-")];
  if (synonym !== undefined && candidates.includes(synonym)) return synonym;
  // A word in which every letter differs is a different word.
  const limit = Math.min(word.length - 1, Math.max(2, Math.floor(word.length / 3)));
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of candidates) {
    const found = distance(word.toLowerCase(), candidate.toLowerCase());
    if (found < least) [best, least] = [candidate, found];
  }
  return best;
}

/** `; did you mean \`filters\`?`, or an empty string. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found = nearest(word, candidates);
  return found === null ? "" : `; did you mean \`${found}\`?`;
}
