// The Python that peers run in.

import { execFileSync } from "node:child_process";

/** The first of `PYTHON`, `python3` and `/usr/bin/python3` that can import the module; null if none can. */
export function findPython(module: string): string | null {
  for (const candidate of [process.env.PYTHON, "python3", "/usr/bin/python3"]) {
    if (!candidate) continue;
    try {
      execFileSync(candidate, ["-c", `import ${module}`], { stdio: "ignore" });
      return candidate;
    } catch {
      // It is not there.
    }
  }
  return null;
}
