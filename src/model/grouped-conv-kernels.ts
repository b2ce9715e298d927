// Grouped convolution as three custom tfjs kernels, because tfjs has none. For backends that execute directly, they are
// implemented here with one ordinary convolution per group.

import tf from "../tfjs-core.cjs";

export const GROUPED_CONV = "GroupedConv2D";
export const GROUPED_CONV_INPUT_GRADIENT = "GroupedConv2DBackpropInput";
export const GROUPED_CONV_FILTER_GRADIENT = "GroupedConv2DBackpropFilter";

export interface GroupedConvAttributes {
  readonly groups: number;
  readonly strides: number;
  readonly pad: "same" | "valid" | number;
}

/**
 * x: [batch, height, width, C]; filter: [height, width, C / groups, O]. Output channel o reads the input channels of
 * group floor(o / (O / groups)).
 */
export function groupedConv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: GroupedConvAttributes,
): tf.Tensor4D {
  return runKernel(GROUPED_CONV, { x, filter }, attributes) as tf.Tensor4D;
}

/** Registers the gradients of the kernels, and their implementation for a backend that executes directly. */
export function registerGroupedConvKernels(backendName: string): void {
  registerGradientOnce();
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) => {
    if (!tf.getKernel(kernelName, backendName)) tf.registerKernel({ kernelName, backendName, kernelFunc });
  };
  register(GROUPED_CONV, ({ inputs, attrs }) => {
    const { x, filter } = inputs as unknown as { x: tf.Tensor4D; filter: tf.Tensor4D };
    const { groups, strides, pad } = attrs as unknown as GroupedConvAttributes;
    return byGroup(groups, x, filter, (part, weights) =>
      tf.conv2d(part as tf.Tensor4D, weights as tf.Tensor4D, strides, pad),
    );
  });
  register(
    GROUPED_CONV_INPUT_GRADIENT,
    gradientKernel("Conv2DBackpropInput", ["dy", "filter"], "inputShape"),
  );
  register(GROUPED_CONV_FILTER_GRADIENT, gradientKernel("Conv2DBackpropFilter", ["x", "dy"], "filterShape"));
}

/** Runs a standard tfjs kernel for each group and joins the results along the last axis. */
function gradientKernel(
  kernelName: string,
  [first, second]: readonly [string, string],
  shapeName: "inputShape" | "filterShape",
): tf.KernelFunc {
  return ({ inputs, attrs }) => {
    const {
      groups,
      strides,
      pad,
      [shapeName]: whole,
    } = attrs as unknown as GroupedConvAttributes & Record<typeof shapeName, Shape4>;
    const own = { strides, pad, dataFormat: "NHWC", [shapeName]: whole.with(3, whole[3] / groups) };
    return byGroup(groups, inputs[first] as tf.Tensor, inputs[second] as tf.Tensor, (a, b) =>
      runKernel(kernelName, { [first]: a, [second]: b }, own),
    );
  };
}

/** Splits both tensors along the last axis, computes each group, and joins the results along the last axis. */
function byGroup(
  groups: number,
  a: tf.Tensor,
  b: tf.Tensor,
  compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const others = tf.split(b, groups, 3);
    return tf.concat(
      tf.split(a, groups, 3).map((part, group) => compute(part, others[group] as tf.Tensor)),
      3,
    );
  });
}

type Shape4 = [number, number, number, number];

function registerGradientOnce(): void {
  if (tf.getGradient(GROUPED_CONV)) return;
  tf.registerGradient({
    kernelName: GROUPED_CONV,
    inputsToSave: ["x", "filter"],
    gradFunc: (gradient, saved, attributes) => {
      const dy = gradient as tf.Tensor;
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const own = attributes as unknown as GroupedConvAttributes;
      return {
        x: () => runKernel(GROUPED_CONV_INPUT_GRADIENT, { dy, filter }, { ...own, inputShape: x.shape }),
        filter: () =>
          runKernel(GROUPED_CONV_FILTER_GRADIENT, { x, dy }, { ...own, filterShape: filter.shape }),
      };
    },
  });
}

function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor;
}
