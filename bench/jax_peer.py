"""A peer: training steps of JAX under jit.

Arguments: case (JSON, as peerCase in cases.ts returns it), threads, precision ("float32", "tf32" or "bfloat16" convolutions).
"""

import os

from peer import arguments, serve

case, threads, precision = arguments()
os.environ.setdefault("XLA_FLAGS", f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import lax  # noqa: E402

random = np.random.default_rng(0)
PRECISION = "highest" if precision == "float32" else "default"


def conv(x, w, stride, groups):
    if precision == "bfloat16":
        x, w = x.astype(jnp.bfloat16), w.astype(jnp.bfloat16)
    layouts = {"dimension_numbers": ("NHWC", "HWIO", "NHWC"), "feature_group_count": groups}
    y = lax.conv_general_dilated(x, w, (stride, stride), "SAME", precision=PRECISION, **layouts)
    return y.astype(jnp.float32)


def activated(x):
    return jax.nn.relu6(x) if case["activation"] == "relu6" else jax.nn.relu(x)


class Network:
    """Weights are made in the order in which the first call asks for them, and taken in that order afterwards."""

    def __init__(self):
        self.values, self.taken = None, 0

    def weight(self, shape, scale=None):
        if self.values is None:
            self.made.append(np.full(shape, scale) if scale is not None else random.normal(0, 0.05, shape))
            return jnp.asarray(self.made[-1], jnp.float32)
        self.taken += 1
        return self.values[self.taken - 1]

    def conv_norm(self, x, filters, kernel, stride=1, groups=1):
        y = conv(x, self.weight((kernel, kernel, x.shape[-1] // groups, filters)), stride, groups)
        mean, variance = y.mean((0, 1, 2)), y.var((0, 1, 2))
        self.moments += [mean, variance]
        return (y - mean) * lax.rsqrt(variance + 1e-5) * self.weight((filters,), 1.0) + self.weight((filters,), 0.0)

    def dense(self, x, units):
        return jnp.dot(x, self.weight((x.shape[-1], units)), precision=PRECISION) + self.weight((units,), 0.0)

    def gated(self, x, gate, r=16):
        if gate == "none":
            return x
        # The MLP of CBAM is the same for averages and maxima: one product for both.
        pools = [x.mean((1, 2))] + ([x.max((1, 2))] if gate == "cbam" else [])
        scores = self.dense(jax.nn.relu(self.dense(jnp.stack(pools), max(1, x.shape[-1] // r))), x.shape[-1])
        x = x * jax.nn.sigmoid(scores.sum(0))[:, None, None, :]
        if gate == "se":
            return x
        pooled = jnp.concatenate([x.mean(-1, keepdims=True), x.max(-1, keepdims=True)], -1)
        return x * jax.nn.sigmoid(self.conv_norm(pooled, 1, 7))

    def unit(self, x, unit):
        y, shortcut = x, unit["shortcut"]
        for layer in unit["convs"]:
            y = self.conv_norm(y, layer["filters"], layer["kernel"], layer["stride"], layer["groups"])
            y = activated(y) if layer["isActivated"] else y
        y = self.gated(y, unit["gate"])
        if shortcut == "identity":
            y = y + x
        elif shortcut != "none":
            y = y + self.conv_norm(x, shortcut["filters"], 1, shortcut["stride"])
        y = activated(y) if unit["isActivated"] else y
        return lax.reduce_window(y, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME") if unit["isPooled"] else y

    def __call__(self, x, values):
        self.values, self.taken, self.made, self.moments = values, 0, [], []
        for unit in case["units"]:
            x = self.unit(x, unit)
        return self.dense(x.mean((1, 2)), case["classes"]), self.moments


network = Network()
images = random.random((case["batch"], case["size"], case["size"], case["channels"]), np.float32)
labels = np.eye(case["classes"], dtype=np.float32)[random.integers(0, case["classes"], case["batch"])]
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
serve(step, engine, sum(w.size for w in weights), warm_up=2)
