// node configs/folder/build-emoji.mjs [folder]: emoji as a folder of images, by default ~/datasets/emoji.
//
// The classes are the categories of Unicode. Apple, Google and Facebook drew the images for training and validation (every tenth emoji),
// and Twitter those for testing: a vendor whose drawings are never trained on. Images that are the same in every byte are there once.
//
// They are transparent PNG files of 64x64 pixels from the npm packages emoji-datasource-*, and belong to the vendors. Not all of them
// allow others to publish them (the README of the packages says more), so keep the folder to yourself.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const VERSION = "16.0.0";
const TRAINING_VENDORS = ["apple", "google", "facebook"];
const TEST_VENDOR = "twitter";
const VALIDATION_EVERY = 10;
/** Skin tones and hair on their own: five images per vendor. */
const LEFT_OUT = ["Component"];
const PARTS = ["train", "val", "test"];

/** What can go wrong through no fault of this script. */
class BuildError extends Error {}

function build(target) {
  if (existsSync(target)) {
    if (PARTS.every((part) => existsSync(join(target, part)))) return;
    throw new BuildError(`${target} exists and is something else; name another folder, or remove it`);
  }
  mkdirSync(dirname(target), { recursive: true });
  // Beside the target, so that renaming it is all or nothing.
  const unfinished = mkdtempSync(`${target}.`);
  const packages = mkdtempSync(join(tmpdir(), "emoji-"));
  try {
    install(packages);
    copyImages(join(packages, "node_modules"), unfinished);
    renameSync(unfinished, target);
  } finally {
    rmSync(packages, { recursive: true, force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function install(folder) {
  const names = [...TRAINING_VENDORS, TEST_VENDOR].map((vendor) => `emoji-datasource-${vendor}@${VERSION}`);
  console.log(`getting ${names.join(", ")} from npm: about 350 MB`);
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder];
  const { status, error, stderr } = spawnSync("npm", ["install", ...options, ...names], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (error) throw new BuildError(`npm cannot be started: ${error.message}`);
  if (status !== 0) throw new BuildError(`npm could not install the packages:\n${stderr.trim()}`);
}

function copyImages(packages, folder) {
  const emoji = JSON.parse(
    readFileSync(join(packages, `emoji-datasource-${TEST_VENDOR}`, "emoji.json"), "utf8"),
  )
    .filter(({ category }) => !LEFT_OUT.includes(category))
    .sort((a, b) => a.sort_order - b.sort_order);
  const copied = new Set();
  for (const vendor of [...TRAINING_VENDORS, TEST_VENDOR])
    for (const [index, { image, category, [`has_img_${vendor}`]: exists }] of emoji.entries()) {
      if (!exists) continue;
      const content = readFileSync(join(packages, `emoji-datasource-${vendor}`, "img", vendor, "64", image));
      // A few emoji share their image with another one, which may be in another part.
      const digest = createHash("sha256").update(content).digest("hex");
      if (copied.has(digest)) continue;
      copied.add(digest);
      const to = join(folder, partOf(vendor, index), folderName(category));
      mkdirSync(to, { recursive: true });
      writeFileSync(join(to, `${vendor}-${image}`), content);
    }
}

function partOf(vendor, index) {
  if (vendor === TEST_VENDOR) return "test";
  return index % VALIDATION_EVERY === 0 ? "val" : "train";
}

/** "Animals & Nature" -> "animals-nature" */
function folderName(category) {
  return category.toLowerCase().replace(/[^a-z]+/g, "-");
}

function report(target) {
  const classes = readdirSync(join(target, "train")).sort();
  const counts = classes.map((name) => ({
    class: name,
    ...Object.fromEntries(PARTS.map((part) => [part, readdirSync(join(target, part, name)).length])),
  }));
  const total = Object.fromEntries(
    PARTS.map((part) => [part, counts.reduce((sum, { [part]: count }) => sum + count, 0)]),
  );
  console.table([...counts, { class: "all", ...total }]);
  console.log(`${target}

next:
  npx squeezebox data show ${target}
  npx squeezebox sweep configs/folder/emoji.yaml`);
}

try {
  const target = resolve(process.argv[2] ?? join(homedir(), "datasets", "emoji"));
  build(target);
  report(target);
} catch (error) {
  if (!(error instanceof BuildError) && typeof error.code !== "string") throw error;
  console.error(error.message);
  process.exitCode = 2;
}
