"""A peer: one process, one case, training steps of Keras under tf.function for some seconds -> a line of JSON.

Arguments: case (JSON, as in cases.ts), threads, seconds, "jit" to compile with XLA or "graph".
"""

import os

from peer import arguments, report

case, threads, seconds, mode = arguments()
os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow import keras  # noqa: E402

L = keras.layers


def conv_norm(x, filters, kernel, stride):
    y = L.Conv2D(filters, kernel, stride, "same", use_bias=False)(x)
    return L.BatchNormalization(momentum=0.9, epsilon=1e-5)(y)


def gated(x, filters, r=16):
    gate = L.Dense(max(1, filters // r), activation="relu")(L.GlobalAveragePooling2D()(x))
    return L.Multiply()([x, L.Reshape((1, 1, filters))(L.Dense(filters, activation="sigmoid")(gate))])


def block(x, widths, kernels, stride, se):
    y = x
    for index, (width, kernel) in enumerate(zip(widths, kernels)):
        y = conv_norm(y, width, kernel, stride if index == 0 else 1)
        if index < len(widths) - 1:
            y = L.ReLU()(y)
    if se:
        y = gated(y, widths[-1])
    same = x.shape[-1] == widths[-1] and stride == 1
    return L.ReLU()(L.Add()([y, x if same else conv_norm(x, widths[-1], 1, stride)]))


def network(name, size, channels):
    se = name.startswith("se-")
    images = keras.Input((size, size, channels))
    if name.endswith("20"):
        x = L.ReLU()(conv_norm(images, 16, 3, 1))
        stages, expansion, kernels = [(16, 3, 1), (32, 3, 2), (64, 3, 2)], [1, 1], [3, 3]
    else:
        x = L.MaxPool2D(3, 2, "same")(L.ReLU()(conv_norm(images, 64, 7, 2)))
        stages, expansion, kernels = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)], [1, 1, 4], [1, 3, 1]
    for filters, repeat, stride in stages:
        for index in range(repeat):
            x = block(x, [factor * filters for factor in expansion], kernels, stride if index == 0 else 1, se)
    return keras.Model(images, L.Dense(10)(L.GlobalAveragePooling2D()(x)))


model = network(case["network"], case["size"], case["channels"])
optimizer = (
    keras.optimizers.Adam(1e-4)
    if case["optimizer"] == "adam"
    else keras.optimizers.SGD(0.01, momentum=0.9, weight_decay=1e-4)
)
optimizer.build(model.trainable_variables)
loss_of = keras.losses.CategoricalCrossentropy(from_logits=True)


@tf.function(jit_compile=mode == "jit")
def train(images, labels):
    with tf.GradientTape() as tape:
        loss = loss_of(labels, model(images, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


random = np.random.default_rng(0)
images = random.random((case["batch"], case["size"], case["size"], case["channels"]), np.float32)
labels = np.eye(10, dtype=np.float32)[random.integers(0, 10, case["batch"])]


engine = f"Keras {keras.__version__}, TensorFlow {tf.__version__}" + (", XLA" if mode == "jit" else "")
report(lambda: train(tf.constant(images), tf.constant(labels)).numpy(), case, seconds, engine)
