// The part of csv-writer that is used: its own types are TypeScript sources that do not compile under our settings.

export interface ObjectCsvStringifier {
  getHeaderString(): string | null;
  stringifyRecords(records: object[]): string;
}

export function createObjectCsvStringifier(options: {
  header: { id: string; title: string }[];
}): ObjectCsvStringifier;
