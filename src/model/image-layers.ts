// Layers that rearrange or reduce images and do not exist in tfjs. Loading a model with one of them requires these classes.

import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { onlyShape, onlyTensor } from "./layer-arguments.js";

type Dimensions = [batch: number | null, height: number, width: number, channels: number];

abstract class ImageLayer extends layers.layers.Layer {
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

/** `count` rows from row `start`. */
export class Rows extends ImageLayer {
  static readonly className = "SqueezeboxRows";

  constructor(
    name: string,
    private readonly start: number,
    private readonly count: number,
  ) {
    super({ name });
  }

  protected shapeOf([batch, , width, channels]: Dimensions): Dimensions {
    return [batch, this.count, width, channels];
  }

  protected compute(x: tf.Tensor4D): tf.Tensor {
    return tf.slice(x, [0, this.start, 0, 0], [-1, this.count, -1, -1]);
  }

  override getConfig() {
    return { ...super.getConfig(), start: this.start, count: this.count };
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
