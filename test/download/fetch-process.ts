// `squeezebox data fetch` with another catalogue, in a process of its own: node fetch-process.js <catalogue as JSON> <name> <folder>.

import { dataFetch } from "../../src/commands/data-fetch.js";

const [catalogue = "", name = "", to = "", ...flags] = process.argv.slice(2);
const patience = { tries: 2, waitMs: 10, silenceMs: 2000 };
process.exitCode = await dataFetch(
  name,
  { to, json: flags.includes("--json") },
  { catalogue: JSON.parse(catalogue), patience },
);
