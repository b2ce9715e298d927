// tfjs' layers, loaded by `require` as in tfjs-core.

import layers = require("@tensorflow/tfjs-layers");

export = layers;
