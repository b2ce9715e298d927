// npm run types: writes schemas/editor/.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { editorSchemas, type Schema } from "./editor-schemas.js";

const read = (name: string) => JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as Schema;

mkdirSync("schemas/editor", { recursive: true });
for (const [file, schema] of Object.entries(editorSchemas(read("experiment"), read("sweep"))))
  writeFileSync(`schemas/editor/${file}`, JSON.stringify(schema));
