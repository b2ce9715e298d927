"""A peer: one process, one case, training steps of JAX under jit for some seconds -> a line of JSON.

Arguments: case (JSON, as in cases.ts), threads, seconds, precision ("float32", "tf32" or "bfloat16" convolutions).
"""

import os

from peer import arguments, report

case, threads, seconds, precision = arguments()
os.environ.setdefault("XLA_FLAGS", f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import lax  # noqa: E402

random = np.random.default_rng(0)
PRECISION = "highest" if precision == "float32" else "default"


def conv(x, w, stride):
    if precision == "bfloat16":
        x, w = x.astype(jnp.bfloat16), w.astype(jnp.bfloat16)
    numbers = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, w, (stride, stride), "SAME", dimension_numbers=numbers, precision=PRECISION)
    return y.astype(jnp.float32)


class Network:
    """Weights are made in the order in which the first call asks for them, and taken in that order afterwards."""

    def __init__(self, name):
        self.se, self.name = name.startswith("se-"), name
        self.values, self.taken = None, 0

    def weight(self, shape, scale=None):
        if self.values is None:
            self.made.append(np.full(shape, scale) if scale is not None else random.normal(0, 0.05, shape))
            return jnp.asarray(self.made[-1], jnp.float32)
        self.taken += 1
        return self.values[self.taken - 1]

    def conv_norm(self, x, filters, kernel, stride):
        y = conv(x, self.weight((kernel, kernel, x.shape[-1], filters)), stride)
        mean, variance = y.mean((0, 1, 2)), y.var((0, 1, 2))
        self.moments += [mean, variance]
        return (y - mean) * lax.rsqrt(variance + 1e-5) * self.weight((filters,), 1.0) + self.weight((filters,), 0.0)

    def dense(self, x, units):
        return jnp.dot(x, self.weight((x.shape[-1], units)), precision=PRECISION) + self.weight((units,), 0.0)

    def block(self, x, widths, kernels, stride):
        y = x
        for index, (width, kernel) in enumerate(zip(widths, kernels)):
            y = self.conv_norm(y, width, kernel, stride if index == 0 else 1)
            if index < len(widths) - 1:
                y = jax.nn.relu(y)
        if self.se:
            gate = jax.nn.relu(self.dense(y.mean((1, 2)), max(1, widths[-1] // 16)))
            y = y * jax.nn.sigmoid(self.dense(gate, widths[-1]))[:, None, None, :]
        same = x.shape[-1] == widths[-1] and stride == 1
        return jax.nn.relu(y + (x if same else self.conv_norm(x, widths[-1], 1, stride)))

    def __call__(self, x, values):
        self.values, self.taken, self.made, self.moments = values, 0, [], []
        if self.name.endswith("20"):
            x = jax.nn.relu(self.conv_norm(x, 16, 3, 1))
            stages, expansion, kernels = [(16, 3, 1), (32, 3, 2), (64, 3, 2)], [1, 1], [3, 3]
        else:
            x = jax.nn.relu(self.conv_norm(x, 64, 7, 2))
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
            stages, expansion, kernels = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)], [1, 1, 4], [1, 3, 1]
        for filters, repeat, stride in stages:
            for index in range(repeat):
                x = self.block(x, [factor * filters for factor in expansion], kernels, stride if index == 0 else 1)
        return self.dense(x.mean((1, 2)), 10), self.moments


network = Network(case["network"])
images = random.random((case["batch"], case["size"], case["size"], case["channels"]), np.float32)
labels = np.eye(10, dtype=np.float32)[random.integers(0, 10, case["batch"])]
network(jnp.asarray(images[:1]), None)
weights = [jnp.asarray(value, jnp.float32) for value in network.made]
moving = [jnp.zeros(moment.shape) for moment in network.moments]
first, second = [jnp.zeros_like(w) for w in weights], [jnp.zeros_like(w) for w in weights]
is_adam = case["optimizer"] == "adam"


def loss_of(weights, images, labels):
    logits, moments = network(images, weights)
    return -(labels * jax.nn.log_softmax(logits)).sum(-1).mean(), moments


@jax.jit
def train(weights, first, second, moving, images, labels):
    (loss, moments), gradients = jax.value_and_grad(loss_of, has_aux=True)(weights, images, labels)
    moving = [0.9 * m + 0.1 * new for m, new in zip(moving, moments)]
    if is_adam:
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients)]
        weights = [w - 1e-4 * m / (jnp.sqrt(v) + 1e-8) for w, m, v in zip(weights, first, second)]
    else:
        first = [0.9 * m + g + 1e-4 * w for m, g, w in zip(first, gradients, weights)]
        weights = [w - 0.01 * m for w, m in zip(weights, first)]
    return weights, first, second, moving, loss


state = (weights, first, second, moving)


def step():
    global state
    *state, loss = train(*state, images, labels)
    float(loss)


engine = f"JAX {jax.__version__}, {jax.devices()[0].device_kind}, {precision}"
report(step, case, seconds, engine, warm_up=2)
