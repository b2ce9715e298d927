// The error of a file or folder that does not exist.

import { sep } from "node:path";
import { InputError } from "../../diagnostic.js";
import { CATALOGUE } from "../../download/catalogue.js";

/** `what`: for example `file`. The message says how to get the file if it belongs to a dataset that can be downloaded. */
export function missing(what: string, path: string): InputError {
  const names = path.split(sep);
  const known = CATALOGUE.datasets.find(
    ({ name, versions }) =>
      names.includes(name) ||
      versions.some(({ files }) =>
        files.some((file) => names.at(-1) === file.name && file.name.includes(name)),
      ),
  );
  const advice = known
    ? `; \`squeezebox data fetch ${known.name}\` downloads it to ~/datasets/${known.name}`
    : "";
  return new InputError(`there is no ${what} ${path}${advice}`);
}
