// Layers that rearrange or reduce images and do not exist in tfjs. Loading a model with one of them requires these classes.

import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { onlyShape, onlyTensor } from "./layer-arguments.js";

type Dimensions = [batch: number | null, height: number, width: number, channels: number];

export abstract class ImageLayer extends layers.layers.Layer {
  protected abstract shapeOf(shape: Dimensions): layers.Shape;
  protected abstract compute(x: tf.Tensor4D): tf.Tensor;

  override computeOutputShape(inputShape: layers.Shape | layers.Shape[]): layers.Shape {
    return this.shapeOf(onlyShape(inputShape) as Dimensions);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => this.compute(onlyTensor<tf.Tensor4D>(inputs)));
  }
}

/** Mean or maximum over an axis, which is kept with size 1. */
export class AxisReduce extends ImageLayer {
  static readonly className = "SqueezeboxAxisReduce";

  constructor(
    name: string,
    private readonly axis: 1 | 2 | 3,
    private readonly by: "mean" | "max",
  ) {
    super({ name });
  }

  protected shapeOf(shape: Dimensions): Dimensions {
    return shape.map((size, index) => (index === this.axis ? 1 : size)) as Dimensions;
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    return this.by === "mean" ? tf.mean(x, this.axis, true) : tf.max(x, this.axis, true);
  }

  override getConfig() {
    return { ...super.getConfig(), axis: this.axis, by: this.by };
  }
}

interface Range {
  readonly axis: 1 | 3;
  readonly start: number;
  readonly count: number;
}

/** `count` rows, or channels, from `start`. */
export class Slice extends ImageLayer {
  static readonly className = "SqueezeboxSlice";

  constructor(
    name: string,
    private readonly range: Range,
  ) {
    super({ name });
  }

  protected shapeOf(shape: Dimensions): Dimensions {
    const { axis, count } = this.range;
    return shape.with(axis, count) as Dimensions;
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    const { axis, start, count } = this.range;
    return tf.slice(x, [0, 0, 0, 0].with(axis, start), [-1, -1, -1, -1].with(axis, count));
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.range };
  }
}

/** Repeats the single channel of an image. */
export class RepeatChannels extends ImageLayer {
  static readonly className = "SqueezeboxRepeatChannels";

  constructor(
    name: string,
    private readonly channels: number,
  ) {
    super({ name });
  }

  protected shapeOf([batch, height, width]: Dimensions): Dimensions {
    return [batch, height, width, this.channels];
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    return tf.tile(x, [1, 1, 1, this.channels]);
  }

  override getConfig() {
    return { ...super.getConfig(), channels: this.channels };
  }
}

/** Added to the variance, so that the square root has a finite gradient for a constant channel. */
const EPSILON = 1e-5;

/**
 * sqrt(sum (x - mean)^2 / (n - 1) + epsilon) over the n pixels of each channel, unbiased like torch's `std`. For a single
 * pixel, for which torch returns NaN, the result is sqrt(epsilon). Returns a vector.
 */
export class GlobalDeviation extends ImageLayer {
  static readonly className = "SqueezeboxGlobalDeviation";

  protected shapeOf([batch, , , channels]: Dimensions): layers.Shape {
    return [batch, channels];
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    const [, height, width] = x.shape;
    const squares = tf.square(tf.sub(x, tf.mean(x, [1, 2], true)));
    const variance = tf.div(tf.sum(squares, [1, 2]), Math.max(1, height * width - 1));
    return tf.sqrt(tf.add(variance, EPSILON));
  }
}

/** The sum over the pixels of x, each multiplied by a weight per pixel and channel: [height, width, C]. */
export class ChannelDense extends ImageLayer {
  static readonly className = "SqueezeboxChannelDense";
  #weight: layers.LayerVariable | null = null;

  override build(inputShape: layers.Shape | layers.Shape[]): void {
    const [, ...shape] = onlyShape(inputShape);
    this.#weight = this.addWeight("weight", shape, "float32", layers.initializers.zeros());
    this.built = true;
  }

  protected shapeOf([batch, , , channels]: Dimensions): Dimensions {
    return [batch, 1, 1, channels];
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    return tf.sum(tf.mul(x, this.#weight?.read() as tf.Tensor), [1, 2], true);
  }
}

/** The softmax over the columns of an image with one row, at the column `index`. Returns a vector. */
export class BranchFactors extends ImageLayer {
  static readonly className = "SqueezeboxBranchFactors";

  constructor(
    name: string,
    private readonly index: number,
  ) {
    super({ name });
  }

  protected shapeOf([batch, , , channels]: Dimensions): layers.Shape {
    return [batch, channels];
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    const [batch, , , channels] = x.shape;
    const factors = tf.softmax(tf.transpose(x, [0, 1, 3, 2]));
    const own = tf.slice(factors, [0, 0, 0, this.index], [batch, 1, channels, 1]);
    return tf.reshape(own, [batch, channels]);
  }

  override getConfig() {
    return { ...super.getConfig(), index: this.index };
  }
}

/**
 * The sum over the pixels of x cos(pi u (i + 1/2) / H) cos(pi v (j + 1/2) / W) times the factors that make the transform orthonormal
 * (Qin et al. 2021, eq. 5), where each group of channels has its own frequencies u and v. Returns a vector.
 */
export class FrequencyPool extends ImageLayer {
  static readonly className = "SqueezeboxFrequencyPool";

  constructor(
    name: string,
    private readonly frequencies: readonly (readonly [u: number, v: number])[],
  ) {
    super({ name });
  }

  protected shapeOf([batch, , , channels]: Dimensions): layers.Shape {
    return [batch, channels];
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    const [, height, width, channels] = x.shape;
    const group = channels / this.frequencies.length;
    const weights = new Float32Array(height * width * channels);
    for (let i = 0; i < weights.length; i++) {
      const [row, column] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width];
      const [u, v] = this.frequencies[Math.floor((i % channels) / group)] as [number, number];
      weights[i] = cosine(u, row, height) * cosine(v, column, width);
    }
    return tf.sum(tf.mul(x, tf.tensor3d(weights, [height, width, channels])), [1, 2]);
  }

  override getConfig() {
    return { ...super.getConfig(), frequencies: this.frequencies.map((pair) => [...pair]) };
  }
}

/** A value of a row of the orthonormal discrete cosine transform (type II) of `size` values. */
function cosine(frequency: number, at: number, size: number): number {
  return Math.cos((Math.PI * frequency * (at + 0.5)) / size) * Math.sqrt((frequency === 0 ? 1 : 2) / size);
}
