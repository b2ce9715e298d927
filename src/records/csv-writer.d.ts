// The part of csv-writer that is used. Its own types are TypeScript sources that do not compile with this project's settings.

export interface ObjectCsvStringifier {
  getHeaderString(): string | null;
  stringifyRecords(records: object[]): string;
}

export function createObjectCsvStringifier(options: {
  header: { id: string; title: string }[];
}): ObjectCsvStringifier;
