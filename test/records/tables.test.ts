import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { withColumns } from "../../schemas/results-page.js";

describe("runs/README.md", () => {
  it("lists the columns of the tables as `npm run types` does", () => {
    const page = readFileSync("runs/README.md", "utf8");
    assert.equal(page, withColumns(page));
  });
});
