// squeezebox data clean: empties the cache.

import { cacheEntries, cacheFolder, removeEntry } from "../data/cache.js";
import { formatLarge } from "../format.js";
import { print, printJson } from "./output.js";

export function dataClean({ json }: { json: boolean }): number {
  const folder = cacheFolder();
  const entries = folder === null ? [] : cacheEntries(folder);
  const removed = entries.filter(removeEntry);
  const bytes = removed.reduce((sum, entry) => sum + entry.bytes, 0);
  const kept = entries.length - removed.length;
  if (json) printJson({ folder, removed: removed.length, bytes, kept });
  else if (folder === null) print("there is no cache: SQUEEZEBOX_CACHE is off");
  else
    print(
      `${removed.length} entries with ${formatLarge(bytes)} bytes removed from ${folder}${kept > 0 ? `; ${kept} are in use` : ""}`,
    );
  return 0;
}
