// A layer for grouped or dilated 2-D convolutions, because tfjs supports neither groups nor gradients of dilated convolutions.
// A saved model with this layer needs this class.

import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { groupedConv2d } from "./grouped-conv-kernels.js";
import { onlyShape, onlyTensor } from "./layer-arguments.js";

export interface GroupedConvConfig {
  readonly name: string;
  readonly filters: number;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly groups: number;
  readonly dilation: number;
  readonly padding: "same" | "valid";
  readonly bias: boolean;
}

/** Shapes: kernel [height, width, C / groups, filters], bias [filters]. */
export class GroupedConv2D extends layers.layers.Layer {
  static readonly className = "SqueezeboxGroupedConv2D";
  #kernel: layers.LayerVariable | null = null;
  #bias: layers.LayerVariable | null = null;

  constructor(private readonly config: GroupedConvConfig) {
    super({ name: config.name });
  }

  override build(inputShape: layers.Shape | layers.Shape[]): void {
    const { filters, kernel, groups, bias } = this.config;
    const channels = onlyShape(inputShape).at(-1) as number;
    const zeros = layers.initializers.zeros();
    this.#kernel = this.addWeight("kernel", [...kernel, channels / groups, filters], "float32", zeros);
    if (bias) this.#bias = this.addWeight("bias", [filters], "float32", zeros);
    this.built = true;
  }

  override computeOutputShape(inputShape: layers.Shape | layers.Shape[]): layers.Shape {
    const [batch, height, width] = onlyShape(inputShape) as [number | null, number, number];
    const { stride, filters, kernel, padding, dilation } = this.config;
    const count = (size: number, own: number) =>
      Math.ceil((padding === "same" ? size : size - (own - 1) * dilation) / stride);
    return [batch, count(height, kernel[0]), count(width, kernel[1]), filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor<tf.Tensor4D>(inputs);
      const kernel = spread(this.#kernel?.read() as tf.Tensor4D, this.config.dilation);
      const { groups, stride, padding } = this.config;
      const y =
        groups === 1
          ? tf.conv2d(x, kernel, stride, padding)
          : groupedConv2d(x, kernel, { groups, strides: stride, pad: padding });
      return this.#bias ? tf.add(y, this.#bias.read()) : y;
    });
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.config, kernel: [...this.config.kernel] };
  }
}

/** Turns a dilated kernel into an ordinary one by inserting zeros. */
function spread(kernel: tf.Tensor4D, dilation: number): tf.Tensor4D {
  if (dilation === 1) return kernel;
  const [height, width, from, to] = kernel.shape;
  const apart = tf.reshape(kernel, [height, 1, width, 1, from * to]);
  const zeros = dilation - 1;
  const padded = tf.pad(apart, [
    [0, 0],
    [0, zeros],
    [0, 0],
    [0, zeros],
    [0, 0],
  ]);
  const whole = tf.reshape(padded, [height * dilation, width * dilation, from, to]) as tf.Tensor4D;
  return tf.slice(whole, [0, 0, 0, 0], [height * dilation - zeros, width * dilation - zeros, from, to]);
}
