// Operations on the pixels of images, 16 bytes at a time, and normally distributed numbers. AssemblyScript, which becomes WebAssembly:
// kernels.wasm.
//
// `at`, `from` and `to` are addresses in the memory of the module. Up to 64 bytes after an image are read and written too.

export { lookUpNumbers, mirrorRows, mix, sum } from "./bytes";
export { mixWithLuma, shiftHue, sumOfLuma } from "./colours";
export { fillNormal } from "./normals";
export { resampleColumns, resampleRows } from "./resample";
