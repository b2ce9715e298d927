// Layers that rearrange or reduce images and do not exist in tfjs. A saved model with one of them needs these classes.

import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";

type Dimensions = [batch: number | null, height: number, width: number, channels: number];

abstract class ImageLayer extends layers.layers.Layer {
  protected abstract shapeOf(shape: Dimensions): Dimensions;
  protected abstract compute(x: tf.Tensor4D): tf.Tensor;

  override computeOutputShape(inputShape: layers.Shape | layers.Shape[]): layers.Shape {
    return this.shapeOf((Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Dimensions);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => this.compute((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D));
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

/** Rows `start` to `start + count`. */
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

/** Repeats a single channel. */
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
