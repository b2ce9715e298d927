// Damaged files are read, or refused by a message that names them. `npm run fuzz` tries 5,000 of them.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { randomStream } from "../../src/random.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { FORMS, type Form } from "./damaged-datasets.js";
import { type Reader, untrustedReader } from "./untrusted.js";

const FILES = Number(process.env.SQUEEZEBOX_FUZZ ?? 250);
/** Where datasets are kept that were neither read nor refused. */
const KEPT = process.env.SQUEEZEBOX_FUZZ_KEPT;
const EACH = Math.ceil(FILES / FORMS.length);

describe("damaged files", () => {
  let reader: Reader;
  before(() => {
    reader = untrustedReader();
  });
  after(() => reader.close());

  for (const form of FORMS)
    it(`are read or refused by name: ${EACH} of ${form.name}`, async function () {
      this.timeout(20_000 + EACH * 5000);
      assert.deepEqual(await failuresOf(form, reader), []);
    });
});

/** Damages a file of the dataset in many ways, one after the other. */
function failuresOf(form: Form, reader: Reader): Promise<string[]> {
  return inTemporaryFolder(async (folder) => {
    const spec = form.write(folder);
    assert.deepEqual(await reader.read(spec), { kind: "read" });
    const failures: string[] = [];
    for (let index = 0; index < EACH; index++) {
      const random = randomStream("fuzz", form.name, index);
      const name = form.files[random.integer(form.files.length)] as string;
      const file = join(folder, name);
      const intact = readFileSync(file);
      const { what, bytes } = form.damage(intact, random);
      writeFileSync(file, bytes);
      const outcome = await reader.read(spec);
      if (
        outcome.kind === "failed" ||
        (outcome.kind === "refused" && !outcome.message.includes(basename(name)))
      ) {
        failures.push(`${index}: ${name}, ${what}: ${outcome.message}`);
        if (KEPT !== undefined) keep(folder, join(KEPT, `${form.name}-${index}`));
      }
      writeFileSync(file, intact);
    }
    return failures;
  });
}

function keep(folder: string, where: string): void {
  mkdirSync(where, { recursive: true });
  cpSync(folder, where, { recursive: true });
}
