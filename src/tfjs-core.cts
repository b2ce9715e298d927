// tfjs, loaded by `require`. An `import` has Node.js search its million characters for the names of exports, at every start.

import tf = require("@tensorflow/tfjs-core");

export = tf;
