// A page that loads an exported LayersModel and classifies images, as an example to start from.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

/** The parts of TensorFlow.js that are needed to run a model. `@tensorflow/tfjs-backend-webgl` would be faster. */
const SCRIPTS = ["tfjs-core", "tfjs-backend-cpu", "tfjs-layers"].map(
  (part) => `@tensorflow/${part}/dist/${part.replace("tfjs", "tf")}.min.js`,
);

/** File name -> content, of the page and its scripts. */
export function exportPage(title: string): ReadonlyMap<string, string | Uint8Array> {
  const { resolve } = createRequire(import.meta.url);
  const scripts = SCRIPTS.map((path) => [basename(path), readFileSync(resolve(path))] as const);
  return new Map<string, string | Uint8Array>([["index.html", page(title)], ...scripts]);
}

function page(title: string): string {
  const heading = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>${heading}</title>${SCRIPTS.map((path) => `<script src="${basename(path)}"></script>`).join("")}
<h1>${heading}</h1><p>An image: <input type="file" accept="image/*"> <output>loading (the page must come from a web server)</output></p>
<script type="module">
const [input, output] = ["input", "output"].map((name) => document.querySelector(name));
const model = await tf.loadLayersModel("model.json");
const { input: { shape: [, height, width, channels] }, classes } = model.getUserDefinedMetadata();
output.textContent = \`resized to \${height} x \${width} pixels\`;
const classify = async (file) => {
  const colors = tf.cast(tf.browser.fromPixels(await createImageBitmap(file)), "float32");
  const pixels = tf.image.resizeBilinear(channels === 1 ? tf.mean(colors, 2, true) : colors, [height, width]);
  const shares = await tf.softmax(model.predict(tf.expandDims(pixels))).data();
  const best = shares.indexOf(Math.max(...shares));
  return \`\${classes[best]} (\${(100 * shares[best]).toFixed(1)} %)\`;
};
input.onchange = async () => {
  output.textContent = await classify(input.files[0]).catch((error) => \`not an image: \${error.message}\`);
};
</script>
`;
}
