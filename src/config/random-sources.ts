// The sources of chance in training, and the seed of each.

export const RANDOM_SOURCES = ["init", "order", "augmentation", "dropout"] as const;

export type RandomSource = (typeof RANDOM_SOURCES)[number];

/** Seeds of sources that do not follow the seed of the run. */
export type SourceSeeds = Readonly<Partial<Record<RandomSource, number>>>;

export interface Seeded {
  readonly seed: number;
  readonly sourceSeeds: SourceSeeds;
}

export function seedFor({ seed, sourceSeeds }: Seeded, source: RandomSource): number {
  return sourceSeeds[source] ?? seed;
}

/** Without seeds that are those of the run anyway. */
export function ownSeeds({ seed, sourceSeeds }: Seeded): SourceSeeds {
  return Object.fromEntries(Object.entries(sourceSeeds).filter(([, own]) => own !== seed));
}
