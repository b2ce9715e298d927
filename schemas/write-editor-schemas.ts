// npm run types: writes schemas/editor/, docs/keys.md and the columns in runs/README.md.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { editorSchemas } from "./editor-schemas.js";
import type { Schema } from "./json-schema.js";
import { keysPage } from "./keys-page.js";
import { withColumns } from "./results-page.js";

const read = (name: string) => JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as Schema;

mkdirSync("schemas/editor", { recursive: true });
for (const [file, schema] of Object.entries(editorSchemas(read("experiment"), read("sweep"))))
  writeFileSync(`schemas/editor/${file}`, JSON.stringify(schema));
writeFileSync("docs/keys.md", keysPage(read("experiment"), read("sweep")));
writeFileSync("runs/README.md", withColumns(readFileSync("runs/README.md", "utf8")));
