// The tables -> the part of runs/README.md that lists their columns.

import { TABLES } from "../src/records/report-tables.js";

const [START, END] = ["<!-- columns, made by `npm run types` -->", "<!-- end of columns -->"];

/** The page with that part made anew. Throws where it has no place for it. */
export function withColumns(page: string): string {
  const [before, rest] = page.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${START} or ${END}`);
  return [before, START, `\n\n${columnTables()}\n\n`, END, after].join("");
}

function columnTables(): string {
  return Object.entries(TABLES)
    .map(([file, { rows, columns }]) => {
      const lines = Object.entries(columns).map(([name, { holds, unit, optional, meaning }]) => [
        `\`${name}\``,
        `${holds}${unit === "" ? "" : `, ${unit}`}${optional ? ", or empty" : ""}`,
        meaning,
      ]);
      const table = [["column", "a cell holds", "meaning"], ["---", "---", "---"], ...lines];
      return `### ${file}\n\nA row: ${rows}.\n\n${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}`;
    })
    .join("\n\n");
}
