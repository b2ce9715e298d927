// A page that loads an exported LayersModel and tells what it sees: an example to start from.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

/** The parts of TensorFlow.js that run a model anywhere; for speed, add `@tensorflow/tfjs-backend-webgl`. */
const SCRIPTS = ["tfjs-core", "tfjs-backend-cpu", "tfjs-layers"].map(
  (part) => `@tensorflow/${part}/dist/${part.replace("tfjs", "tf")}.min.js`,
);

/** Name -> content of the page and its scripts. */
export function exportPage(title: string): ReadonlyMap<string, string | Uint8Array> {
  const { resolve } = createRequire(import.meta.url);
  const scripts = SCRIPTS.map((path) => [basename(path), readFileSync(resolve(path))] as const);
  return new Map<string, string | Uint8Array>([["index.html", page(title)], ...scripts]);
}

function page(title: string): string {
  const heading = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${heading}</title>
${SCRIPTS.map((path) => `<script src="${basename(path)}"></script>`).join("")}
<h1>${heading}</h1><p>An image: <input type="file" accept="image/*"> <output></output></p>
<script type="module">
const model = await tf.loadLayersModel("model.json");
const { input: { shape: [, height, width, channels] }, classes } = model.getUserDefinedMetadata();
document.querySelector("input").onchange = async ({ target }) => {
  const colors = tf.cast(tf.browser.fromPixels(await createImageBitmap(target.files[0])), "float32");
  const pixels = tf.image.resizeBilinear(channels === 1 ? tf.mean(colors, 2, true) : colors, [height, width]);
  const shares = await tf.softmax(model.predict(tf.expandDims(pixels))).data();
  const best = shares.indexOf(Math.max(...shares));
  document.querySelector("output").textContent = \`\${classes[best]} (\${(100 * shares[best]).toFixed(1)} %)\`;
};
</script>
`;
}
