// squeezebox data fetch: downloads a public dataset and prints the lines of YAML that use it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { resolvePath } from "../config/paths.js";
import { InputError } from "../diagnostic.js";
import { CATALOGUE } from "../download/catalogue.js";
import { connect } from "../download/connection.js";
import { DownloadError, download, PATIENCE, type Patience } from "../download/download.js";
import type { Catalogue, Downloadable, RemoteFile, Version } from "../download/downloadable.js";
import { diskProblem } from "../download/part.js";
import { formatBytes, formatCount } from "../format.js";
import { heldBy, isLock, type Lock, lockFolder } from "../records/lock.js";
import { didYouMean } from "../suggest.js";
import { type DownloadView, watchDownload } from "./download-progress.js";
import { INTERRUPTS, print, printError, printJson } from "./output.js";

export interface DataFetchFlags {
  readonly to?: string;
  /** Height and width of the images. */
  readonly size?: number;
  readonly json: boolean;
}

interface Sources {
  readonly catalogue: Catalogue;
  readonly patience: Patience;
}

export async function dataFetch(
  name: string,
  { to, size, json }: DataFetchFlags,
  { catalogue, patience }: Sources = { catalogue: CATALOGUE, patience: PATIENCE },
): Promise<number> {
  const dataset = datasetNamed(name, catalogue);
  const { files } = versionOf(dataset, size);
  const folder = resolvePath(to ?? `~/datasets/${name}`, ".");
  const lock = locked(folder);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  const view = watchDownload(json);
  try {
    await downloadAll(files, { folder, view, patience, signal: stop.signal });
  } catch (error) {
    view.close();
    if (stop.signal.aborted) {
      printError("\ninterrupted; run the same command again to continue with what has arrived");
      return 130;
    }
    throw error instanceof DownloadError ? new InputError(byHand(error, dataset, files, folder)) : error;
  } finally {
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
    lock.release();
  }
  const yaml = { dataset: yamlOf(dataset, files, folder) };
  if (json) printJson({ files: files.map((file) => join(folder, file.name)), ...yaml });
  else
    print(
      `\nterms of use and citation: ${dataset.page}\nto use it in an experiment:\n\n${stringify(yaml).trimEnd()}`,
    );
  return 0;
}

function datasetNamed(name: string, { datasets, unsupported }: Catalogue): Downloadable {
  const found = datasets.find((dataset) => dataset.name === name);
  if (found) return found;
  if (Object.hasOwn(unsupported, name))
    throw new InputError(`${name} is not supported: ${unsupported[name]}`);
  const names = datasets.map((dataset) => dataset.name);
  throw new InputError(
    `no dataset is called ${name}; the names are ${names.join(", ")}${didYouMean(name, names)}`,
  );
}

function versionOf({ name, versions }: Downloadable, size: number | undefined): Version {
  const found = size === undefined ? versions[0] : versions.find((version) => version.size === size);
  if (found) return found;
  const sizes = versions.map((version) => version.size).join(", ");
  const larger = versions.length > 1 ? " (larger archives cannot be read)" : "";
  throw new InputError(
    `--size of ${name} must be ${versions.length > 1 ? "one of " : ""}${sizes}${larger}; found ${size}`,
  );
}

function locked(folder: string): Lock {
  try {
    const lock = lockFolder(folder);
    if (isLock(lock)) return lock;
    throw new InputError(heldBy(folder, lock));
  } catch (error) {
    throw error instanceof InputError ? error : diskProblem(folder, error);
  }
}

interface DownloadAllOptions {
  readonly folder: string;
  readonly view: DownloadView;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

async function downloadAll(
  files: readonly RemoteFile[],
  { folder, view, patience, signal }: DownloadAllOptions,
): Promise<void> {
  const connection = connect(patience.silenceMs);
  try {
    for (const file of files) {
      view.started(file.name);
      const { progressed: onProgress, retries: onRetry } = view;
      view.ended(await download(file, { folder, patience, connection, signal, onProgress, onRetry }));
    }
  } finally {
    await connection.close();
  }
}

/** The message that says how to get the missing files in another way. */
function byHand(
  { reasons }: DownloadError,
  { name }: Downloadable,
  files: readonly RemoteFile[],
  folder: string,
): string {
  const missing = files.filter((file) => !existsSync(join(folder, file.name)));
  return [
    `${name} could not be downloaded:`,
    ...reasons.map(({ url, reason }) => `  ${url}: ${reason}`),
    `You can also get these files in another way and put them into ${folder}:`,
    ...missing.flatMap((file) => [`  ${file.name}  ${sizeOf(file)}, MD5 ${file.md5}`, `    ${file.urls[0]}`]),
    "Then run the same command again, which verifies them.",
  ].join("\n");
}

function sizeOf({ size, mostBytes }: RemoteFile): string {
  if (size === null) return `at most ${formatBytes(mostBytes)}`;
  return size < 1000 ? formatBytes(size) : `${formatBytes(size)} (${formatCount(size)} bytes)`;
}

function yamlOf({ kind }: Downloadable, files: readonly RemoteFile[], folder: string): object {
  if (kind === "idx") return { name: kind, directory: folder };
  return { name: kind, path: join(folder, files[0]?.name ?? "") };
}
