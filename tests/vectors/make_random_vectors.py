#!/usr/bin/env python3
"""Makes random operator models with the oracle's outputs, to hunt for differences that the chosen ones miss.

    /tmp/venv-vectors/bin/python make_random_vectors.py --seed 1 --count 500 --out /tmp/random
    TINYRIG_EXTRA_VECTORS_DIR=/tmp/random build/.../operator_vectors_test

Scales are drawn so that exact ties are common: there a multiplier that is off in its last bit shows. What is found
goes into operator_cases.py under a name.
"""

import argparse
import pathlib
import sys

import numpy as np

import layers as L
from make_operator_vectors import golden, write_record
from tflite_builder import Graph


class Draw:
    """Random choices for one model."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)

    def of(self, *values):
        return values[self.random.randint(len(values))]

    def size(self, low, high):
        return int(self.random.randint(low, high + 1))

    def scale(self):
        if self.size(0, 3) == 0:
            return float(np.exp(self.random.uniform(np.log(1e-4), np.log(2.0))))
        return self.of(1, 2, 3, 5, 6, 7, 9, 12) * self.of(0.1, 0.01, 0.001, 1.0 / 128, 1.0 / 255)

    def near(self, scale):
        """A scale at a small ratio to this one."""
        return scale * self.size(1, 12) / self.of(2, 4, 6, 8, 10, 12)

    def zero_point(self):
        return self.of(-128, 127, 0, self.size(-128, 127))

    def quantization(self, scale=None):
        return (self.scale() if scale is None else self.near(scale), self.zero_point())

    def activation(self):
        return self.of("NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1")

    def window(self):
        return {"kernel": (self.size(1, 5), self.size(1, 5)), "stride": (self.size(1, 3), self.size(1, 3)),
                "pad": self.of("SAME", "SAME", "VALID"), "act": self.activation()}

    def image(self, most=4):
        return [self.size(1, 2), self.size(5, 9), self.size(5, 9), self.size(1, most)]


def _weighted(d, g):
    g.weights_scale = d.scale()
    g.weights_limit = d.of(1, 15, 127, 127)
    g.bias_limit = d.of(10, 2000, 200000)
    return {"per_channel": bool(d.size(0, 1)), "bias": d.size(0, 3) > 0}


def _sum_out(d, x, g, terms):
    if g.weights_limit == 1:  # sums are small: a multiplier near 1, where its last bits matter most
        return (d.near(x.scale * g.weights_scale), d.zero_point())
    spread = x.scale * g.weights_scale * g.weights_limit * 74 * np.sqrt(terms) / 60
    return (d.near(spread), d.zero_point())


def conv_2d(d, g):
    x = g.input(d.image(), *d.quantization())
    window, weights = d.window(), _weighted(d, g)
    dilation = (d.size(1, 2), d.size(1, 2)) if max(window["kernel"]) <= 3 and window["stride"] == (1, 1) else (1, 1)
    return L.conv_2d(g, x, d.size(1, 6), dilation=dilation, out=_sum_out(d, x, g, 20), **window, **weights)


def depthwise_conv_2d(d, g):
    x = g.input(d.image(), *d.quantization())
    return L.depthwise_conv_2d(g, x, d.size(1, 4), out=_sum_out(d, x, g, 9), **d.window(), **_weighted(d, g))


def transpose_conv(d, g):
    x = g.input([d.size(1, 2), d.size(2, 5), d.size(2, 5), d.size(1, 4)], *d.quantization())
    stride, kernel, pad = (d.size(1, 3), d.size(1, 3)), (d.size(1, 4), d.size(1, 4)), d.of("SAME", "VALID")
    extra = [0 if pad == "SAME" else max(k - s, 0) for k, s in zip(kernel, stride)]
    size = [x.shape[i + 1] * stride[i] + extra[i] for i in range(2)]
    return L.transpose_conv(g, x, size, d.size(1, 5), kernel, stride, pad, out=_sum_out(d, x, g, 9),
                            act=d.activation(), **_weighted(d, g))


def fully_connected(d, g):
    x = g.input([d.size(1, 4), d.size(1, d.of(3, 40))], *d.quantization())
    weights = _weighted(d, g)
    return L.fully_connected(g, x, d.size(1, 30), d.activation(), out=_sum_out(d, x, g, x.shape[1]), **weights)


def pool(d, g):
    x = g.input(d.image(), *d.quantization())
    return L.pool_2d(g, x, d.of("AVERAGE_POOL_2D", "MAX_POOL_2D"), **d.window())


def binary(d, g):
    shape = [d.size(1, 3) for _ in range(d.size(0, 3))] + [d.size(1, 60)]
    other = [s if d.size(0, 2) else 1 for s in shape][d.size(0, len(shape) - 1) if d.size(0, 1) else 0:]
    a = g.input(shape, *d.quantization())
    b = g.input(other, *d.quantization(a.scale)) if d.size(0, 2) else L.constant(g, other, *d.quantization(a.scale))
    a, b = (a, b) if d.size(0, 1) else (b, a)
    code = d.of("ADD", "SUB", "MUL")
    out = (d.near(a.scale * b.scale * d.of(1, 8, 64)) if code == "MUL" else d.near(max(a.scale, b.scale) * 1.5), d.zero_point())
    return L.binary(g, code, a, b, d.activation(), out)


def mean(d, g):
    shape = [d.size(1, 7) for _ in range(d.size(1, 4))]
    axes = [i for i in range(len(shape)) if d.size(0, 1)] or [len(shape) - 1]
    x = g.input(shape, *d.quantization())
    out = (x.scale, x.zero_point) if d.size(0, 2) == 0 else d.quantization(x.scale)
    return L.mean(g, x, axes, keep=bool(d.size(0, 1)), out=out)


def softmax(d, g):
    x = g.input([d.size(1, 4), d.size(1, 40)], *d.quantization())
    return L.softmax(g, x, d.of(1.0, 1.0, 0.5, 2.0, 0.1))


def lookup(d, g):
    code = d.of("LOGISTIC", "TANH", "RELU", "RELU6", "HARD_SWISH", "QUANTIZE", "LEAKY_RELU", "LEAKY_RELU")
    x = g.input([1, 256], *d.quantization())
    if code == "LOGISTIC":
        return L.unary(g, code, x, (1.0 / 256, -128))
    if code == "TANH":
        return L.unary(g, code, x, (1.0 / 128, 0))
    if code == "LEAKY_RELU":
        return L.leaky_relu(g, x, d.of(0.1, 0.2, 0.3, 0.01, 0.5, 1.3, -0.7), d.quantization(x.scale))
    if code == "HARD_SWISH":  # the kernel wants an output scale not far below the input's
        return L.unary(g, code, x, (x.scale * d.size(3, 9) / 4, d.zero_point()))
    return L.unary(g, code, x, d.quantization(x.scale))


def float_round_trip(d, g):
    x = g.input([1, 256], *d.quantization())
    return L.unary(g, "QUANTIZE", L.unary(g, "DEQUANTIZE", x, None), d.quantization(x.scale))


def resize(d, g):
    x = g.input(d.image(2), *d.quantization())
    mode = d.of({}, {"align_corners": True}, {"half_pixel_centers": True})
    return L.resize_nearest(g, x, (d.size(1, 20), d.size(1, 20)), **mode)


def move(d, g):
    shape = [d.size(1, 6) for _ in range(d.size(1, 4))]
    x = g.input(shape, *d.quantization())
    kind = d.of("pad", "transpose", "slice", "concatenation")
    if kind == "pad":
        return L.pad(g, x, [(d.size(0, 3), d.size(0, 3)) for _ in shape], d.of(None, d.size(-128, 127)))
    if kind == "transpose":
        return L.transpose(g, x, [int(i) for i in d.random.permutation(len(shape))])
    if kind == "concatenation":
        axis = d.size(0, len(shape) - 1)
        others = [g.input(shape[:axis] + [d.size(1, 4)] + shape[axis + 1:], x.scale, x.zero_point)
                  for _ in range(d.size(1, 3))]
        return L.concatenation(g, [x] + others, axis)
    strides = [d.of(1, 1, 2, 3, -1, -2) for _ in shape]
    begin = [d.size(0, s - 1) if st > 0 else s - 1 for s, st in zip(shape, strides)]
    end = [s if st > 0 else -s - 1 for s, st in zip(shape, strides)]
    return L.strided_slice(g, x, begin, end, strides, d.size(0, (1 << len(shape)) - 1), d.size(0, (1 << len(shape)) - 1))


KINDS = [conv_2d, depthwise_conv_2d, transpose_conv, fully_connected, pool, binary, mean, softmax, lookup, lookup,
         float_round_trip, resize, move, binary, fully_connected]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", help="draw only kinds whose name holds this")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in KINDS if not arguments.only or arguments.only in kind.__name__]
    refused = 0
    for i in range(arguments.count):
        kind = kinds[i % len(kinds)]
        draw = Draw((arguments.seed, i))
        name = "random_%d_%d_%s" % (arguments.seed, i, kind.__name__)
        g = Graph(name)
        g.output(kind(draw, g))
        model = g.build()
        try:
            record, _, _ = golden(name, model, seeds=(1, 2, 3), cross_check=False)
        except Exception as error:  # the oracle refuses it: then there is nothing to compare with
            print(name, "refused:", str(error).strip()[:200], file=sys.stderr)
            refused += 1
            continue
        (arguments.out / (name + ".tflite")).write_bytes(model)
        write_record(arguments.out / (name + ".json"), record)
    print("%d models, %d refused by the oracle" % (arguments.count - refused, refused))


if __name__ == "__main__":
    main()
