"""A peer: training steps of Keras under tf.function.

Arguments: case (JSON, as peerCase in cases.ts returns it), threads, "jit" to compile with XLA or "graph".
"""

import os

from peer import arguments, serve

case, threads, mode = arguments()
os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow import keras  # noqa: E402

L = keras.layers


def conv_norm(x, filters, kernel, stride=1, groups=1):
    if groups == filters == x.shape[-1]:
        y = L.DepthwiseConv2D(kernel, stride, "same", use_bias=False)(x)
    else:
        y = L.Conv2D(filters, kernel, stride, "same", use_bias=False, groups=groups)(x)
    return L.BatchNormalization(momentum=0.9, epsilon=1e-5)(y)


def squeeze_excitation(x, r=16):
    filters = x.shape[-1]
    gate = L.Dense(max(1, filters // r), activation="relu")(L.GlobalAveragePooling2D()(x))
    return L.Multiply()([x, L.Reshape((1, 1, filters))(L.Dense(filters, activation="sigmoid")(gate))])


def cbam(x, r=16):
    filters = x.shape[-1]
    reduce, expand = L.Dense(max(1, filters // r), activation="relu"), L.Dense(filters)
    scores = [expand(reduce(pool()(x))) for pool in (L.GlobalAveragePooling2D, L.GlobalMaxPooling2D)]
    x = L.Multiply()([x, L.Reshape((1, 1, filters))(keras.activations.sigmoid(L.Add()(scores)))])
    pooled = [f(x, axis=-1, keepdims=True) for f in (keras.ops.mean, keras.ops.max)]
    return L.Multiply()([x, keras.activations.sigmoid(conv_norm(L.Concatenate()(pooled), 1, 7))])


GATES = {"none": lambda x: x, "se": squeeze_excitation, "cbam": cbam}


def activation():
    return L.ReLU(max_value=6.0 if case["activation"] == "relu6" else None)


def unit_of(x, unit):
    y, shortcut = x, unit["shortcut"]
    for conv in unit["convs"]:
        y = conv_norm(y, conv["filters"], conv["kernel"], conv["stride"], conv["groups"])
        if conv["isActivated"]:
            y = activation()(y)
    y = GATES[unit["gate"]](y)
    if shortcut == "identity":
        y = L.Add()([y, x])
    elif shortcut != "none":
        y = L.Add()([y, conv_norm(x, shortcut["filters"], 1, shortcut["stride"])])
    if unit["isActivated"]:
        y = activation()(y)
    return L.MaxPool2D(3, 2, "same")(y) if unit["isPooled"] else y


def network():
    images = x = keras.Input((case["size"], case["size"], case["channels"]))
    for unit in case["units"]:
        x = unit_of(x, unit)
    return keras.Model(images, L.Dense(case["classes"])(L.GlobalAveragePooling2D()(x)))


model = network()
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
labels = np.eye(case["classes"], dtype=np.float32)[random.integers(0, case["classes"], case["batch"])]


engine = f"Keras {keras.__version__}, TensorFlow {tf.__version__}" + (", XLA" if mode == "jit" else "")
parameters = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
serve(lambda: train(tf.constant(images), tf.constant(labels)).numpy(), engine, parameters)
