// npm run types: writes schemas/editor/ and docs/keys.md.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { editorSchemas } from "./editor-schemas.js";
import type { Schema } from "./json-schema.js";
import { keysPage } from "./keys-page.js";

const read = (name: string) => JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as Schema;

mkdirSync("schemas/editor", { recursive: true });
for (const [file, schema] of Object.entries(editorSchemas(read("experiment"), read("sweep"))))
  writeFileSync(`schemas/editor/${file}`, JSON.stringify(schema));
writeFileSync("docs/keys.md", keysPage(read("experiment"), read("sweep")));
