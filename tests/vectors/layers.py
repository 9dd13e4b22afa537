"""Operators with the shapes, weights and quantization that a converter would choose, on a Graph.

Each function adds one operator and returns its output tensor. `out` overrides the output's (scale, zero point);
otherwise the scale is chosen so that outputs spread over the int8 range without sitting at its ends.
"""

import math

import numpy as np

from tflite_builder import INT32, INT8, activation, options, padding, window_size

_UNIFORM_DEVIATION = 74.0  # of int8 values, all equally likely
_OUTPUT_DEVIATION = 45.0   # wanted, in output steps


def _out(out, scale, zero_point):
    return out if out is not None else (scale, zero_point)


def _weights(g, shape, channels, axis, per_channel, zero_point=0):
    """Random weights; per channel, scales differ by up to a factor of eight."""
    data = g.random.randint(-g.weights_limit, g.weights_limit + 1, size=shape)
    scale = g.weights_scale
    scales = [scale * (1.0 + 7.0 * g.random.rand()) for _ in range(channels)] if per_channel else scale
    return g.tensor(shape, scales, zero_point, data, axis=axis), np.mean(scales)


def _bias(g, x, weights_scales, channels, has_bias):
    if not has_bias:
        return None
    scales = [x.scale * s for s in weights_scales] if np.ndim(weights_scales) else x.scale * weights_scales
    return g.tensor([channels], scales, 0, g.random.randint(-g.bias_limit, g.bias_limit + 1, size=[channels]), dtype=INT32)


def _scales(g, tensor):
    scale = g._tensors[tensor.index].quantization.scale
    return scale if len(scale) > 1 else scale[0]


def _sum_scale(x, weights_scale, terms):
    return x.scale * weights_scale * math.sqrt(terms) * _UNIFORM_DEVIATION ** 2 / _OUTPUT_DEVIATION


def conv_2d(g, x, filters, kernel=(3, 3), stride=(1, 1), pad="SAME", dilation=(1, 1), act="NONE", per_channel=True,
            bias=True, out=None, groups=1):
    n, h, w, c = x.shape
    shape = [filters, kernel[0], kernel[1], c // groups]
    weights, scale = _weights(g, shape, filters, 0, per_channel)
    out_shape = [n, window_size(h, kernel[0], stride[0], dilation[0], pad),
                 window_size(w, kernel[1], stride[1], dilation[1], pad), filters]
    y = g.tensor(out_shape, *_out(out, _sum_scale(x, scale, np.prod(shape[1:])), -5))
    b = _bias(g, x, _scales(g, weights), filters, bias)
    g.operator("CONV_2D", [x, weights, b] if bias else [x, weights], [y],
               options("Conv2D", padding=padding(pad), strideH=stride[0], strideW=stride[1],
                       dilationHFactor=dilation[0], dilationWFactor=dilation[1], fusedActivationFunction=activation(act)))
    return y


def depthwise_conv_2d(g, x, multiplier=1, kernel=(3, 3), stride=(1, 1), pad="SAME", dilation=(1, 1), act="NONE",
                      per_channel=True, bias=True, out=None):
    n, h, w, c = x.shape
    channels = c * multiplier
    weights, scale = _weights(g, [1, kernel[0], kernel[1], channels], channels, 3, per_channel)
    out_shape = [n, window_size(h, kernel[0], stride[0], dilation[0], pad),
                 window_size(w, kernel[1], stride[1], dilation[1], pad), channels]
    y = g.tensor(out_shape, *_out(out, _sum_scale(x, scale, kernel[0] * kernel[1]), 7))
    b = _bias(g, x, _scales(g, weights), channels, bias)
    g.operator("DEPTHWISE_CONV_2D", [x, weights, b] if bias else [x, weights], [y],
               options("DepthwiseConv2D", padding=padding(pad), strideH=stride[0], strideW=stride[1],
                       depthMultiplier=multiplier, dilationHFactor=dilation[0], dilationWFactor=dilation[1],
                       fusedActivationFunction=activation(act)))
    return y


def transpose_conv(g, x, out_size, filters, kernel=(3, 3), stride=(2, 2), pad="SAME", act="NONE", per_channel=True,
                   bias=True, out=None):
    n, _, _, c = x.shape
    weights, scale = _weights(g, [filters, kernel[0], kernel[1], c], filters, 0, per_channel)
    shape = [n, out_size[0], out_size[1], filters]
    terms = max(1, c * kernel[0] * kernel[1] // (stride[0] * stride[1]))
    y = g.tensor(shape, *_out(out, _sum_scale(x, scale, terms), -2))
    b = _bias(g, x, _scales(g, weights), filters, bias)
    inputs = [g.int32(shape), weights, x] + ([b] if bias else [])
    g.operator("TRANSPOSE_CONV", inputs, [y],
               options("TransposeConv", padding=padding(pad), strideH=stride[0], strideW=stride[1],
                       fusedActivationFunction=activation(act)))
    return y


def fully_connected(g, x, units, act="NONE", per_channel=False, bias=True, out=None, weights_zero_point=0,
                    keep_num_dims=False, out_shape=None):
    inputs = x.shape[-1] if keep_num_dims or len(x.shape) == 2 else int(np.prod(x.shape[1:]))
    batches = int(np.prod(x.shape)) // inputs
    weights, scale = _weights(g, [units, inputs], units, 0, per_channel, zero_point=weights_zero_point)
    if out_shape is None:
        out_shape = x.shape[:-1] + [units] if keep_num_dims else [batches, units]
    y = g.tensor(out_shape, *_out(out, _sum_scale(x, scale, inputs), 9))
    b = _bias(g, x, _scales(g, weights), units, bias)
    g.operator("FULLY_CONNECTED", [x, weights, b], [y],
               options("FullyConnected", keepNumDims=keep_num_dims, fusedActivationFunction=activation(act)))
    return y


def pool_2d(g, x, code, kernel=(2, 2), stride=(2, 2), pad="VALID", act="NONE"):
    n, h, w, c = x.shape
    y = g.tensor([n, window_size(h, kernel[0], stride[0], 1, pad), window_size(w, kernel[1], stride[1], 1, pad), c],
                 x.scale, x.zero_point)
    g.operator(code, [x], [y],
               options("Pool2D", padding=padding(pad), strideH=stride[0], strideW=stride[1], filterHeight=kernel[0],
                       filterWidth=kernel[1], fusedActivationFunction=activation(act)))
    return y


def binary(g, code, a, b, act="NONE", out=None):
    """ADD, SUB or MUL, with numpy's broadcasting."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    spread = a.scale * b.scale * 74 if code == "MUL" else math.hypot(a.scale, b.scale)
    y = g.tensor(shape, *_out(out, spread * 1.3, 4))
    kind = code.capitalize()
    g.operator(code, [a, b], [y], options(kind, fusedActivationFunction=activation(act)))
    return y


def constant(g, shape, scale=0.03, zero_point=-11, low=-128, high=127):
    return g.tensor(shape, scale, zero_point, g.random.randint(low, high + 1, size=shape))


def concatenation(g, parts, axis):
    shape = list(parts[0].shape)
    shape[axis] = sum(p.shape[axis] for p in parts)
    y = g.tensor(shape, parts[0].scale, parts[0].zero_point)
    g.operator("CONCATENATION", parts, [y], options("Concatenation", axis=axis))
    return y


def split(g, x, axis, count):
    shape = list(x.shape)
    shape[axis] //= count
    parts = [g.tensor(shape, x.scale, x.zero_point) for _ in range(count)]
    g.operator("SPLIT", [g.int32(axis), x], parts, options("Split", numSplits=count))
    return parts


def pad(g, x, amounts, value=None):
    """`amounts`: (before, after) of each dimension. PAD pads with the zero point, PADV2 with the int8 `value`."""
    y = g.tensor([d + b + a for d, (b, a) in zip(x.shape, amounts)], x.scale, x.zero_point)
    if value is None:
        g.operator("PAD", [x, g.int32(amounts)], [y], options("Pad"))
    else:
        fill = g.tensor([], x.scale, x.zero_point, value)
        g.operator("PADV2", [x, g.int32(amounts), fill], [y], options("PadV2"))
    return y


def reshape(g, x, shape, wanted=None, as_tensor=True):
    """`wanted`: the shape as the file asks for it (may hold -1), in a tensor or only in the options."""
    y = g.tensor(shape, x.scale, x.zero_point)
    wanted = shape if wanted is None else wanted
    inputs = [x, g.int32(wanted)] if as_tensor else [x]
    g.operator("RESHAPE", inputs, [y], options("Reshape", newShape=list(wanted)))
    return y


def squeeze(g, x, dims):
    drop = [d % len(x.shape) for d in dims] or [i for i, d in enumerate(x.shape) if d == 1]
    y = g.tensor([d for i, d in enumerate(x.shape) if i not in drop], x.scale, x.zero_point)
    g.operator("SQUEEZE", [x], [y], options("Squeeze", squeezeDims=list(dims)))
    return y


def expand_dims(g, x, axis):
    shape = list(x.shape)
    shape.insert(axis if axis >= 0 else axis + len(shape) + 1, 1)
    y = g.tensor(shape, x.scale, x.zero_point)
    g.operator("EXPAND_DIMS", [x, g.int32(axis)], [y], options("ExpandDims"))
    return y


def transpose(g, x, order):
    y = g.tensor([x.shape[i] for i in order], x.scale, x.zero_point)
    g.operator("TRANSPOSE", [x, g.int32(order)], [y], options("Transpose"))
    return y


def mean(g, x, axes, keep=False, out=None):
    axes_set = {a % len(x.shape) for a in axes}
    shape = [1 if i in axes_set else d for i, d in enumerate(x.shape) if keep or i not in axes_set]
    y = g.tensor(shape, *_out(out, x.scale, x.zero_point))
    g.operator("MEAN", [x, g.int32(axes)], [y], options("Reducer", keepDims=keep))
    return y


def strided_slice(g, x, begin, end, strides, begin_mask=0, end_mask=0, shrink_axis_mask=0):
    shape = []
    for i, d in enumerate(x.shape):
        b = None if begin_mask >> i & 1 else begin[i]
        e = None if end_mask >> i & 1 else end[i]
        if shrink_axis_mask >> i & 1:
            continue
        shape.append(len(range(*slice(b, e, strides[i]).indices(d))))
    y = g.tensor(shape, x.scale, x.zero_point)
    g.operator("STRIDED_SLICE", [x, g.int32(begin), g.int32(end), g.int32(strides)], [y],
               options("StridedSlice", beginMask=begin_mask, endMask=end_mask, shrinkAxisMask=shrink_axis_mask))
    return y


def resize_nearest(g, x, size, align_corners=False, half_pixel_centers=False):
    n, _, _, c = x.shape
    y = g.tensor([n, size[0], size[1], c], x.scale, x.zero_point)
    g.operator("RESIZE_NEAREST_NEIGHBOR", [x, g.int32(size)], [y],
               options("ResizeNearestNeighbor", alignCorners=align_corners, halfPixelCenters=half_pixel_centers))
    return y


def softmax(g, x, beta=1.0):
    y = g.tensor(x.shape, 1.0 / 256, -128)
    g.operator("SOFTMAX", [x], [y], options("Softmax", beta=beta))
    return y


def unary(g, code, x, out):
    """LOGISTIC, TANH, RELU, RELU6, QUANTIZE, DEQUANTIZE (out None: float32), HARD_SWISH."""
    y = g.tensor(x.shape, *out) if out is not None else g.tensor(x.shape, dtype=0)
    kind = {"QUANTIZE": "Quantize", "DEQUANTIZE": "Dequantize", "HARD_SWISH": "HardSwish"}.get(code)
    g.operator(code, [x], [y], options(kind) if kind else None)
    return y


def leaky_relu(g, x, alpha, out):
    y = g.tensor(x.shape, *out)
    g.operator("LEAKY_RELU", [x], [y], options("LeakyRelu", alpha=alpha))
    return y
