"""The operator models: one small graph per variant. A case's name is its file's name."""

import layers as L
from tflite_builder import Graph, INT8

CASES = {}


def case(name, **kwargs):
    """Registers `body(graph)`, which adds inputs, operators and outputs. Several names may share a body."""
    def add(body):
        if name in CASES:
            raise ValueError("case %s twice" % name)
        CASES[name] = (body, kwargs)
        return body
    return add


def single(name, shape, layer, scale=0.05, zero_point=3, **limits):
    """A case of one input, one operator, its outputs. `limits`: weights_limit, weights_scale, bias_limit."""
    @case(name)
    def _(g):
        vars(g).update(limits)
        result = layer(g, g.input(shape, scale, zero_point))
        g.output(*(result if isinstance(result, list) else [result]))


def build(name):
    body, kwargs = CASES[name]
    g = Graph(name, **kwargs)
    body(g)
    return g.build()


# CONV_2D

single("conv_2d_same", [1, 6, 5, 3], lambda g, x: L.conv_2d(g, x, 4))
single("conv_2d_valid", [1, 6, 7, 3], lambda g, x: L.conv_2d(g, x, 5, pad="VALID"))
single("conv_2d_per_tensor", [1, 5, 5, 3], lambda g, x: L.conv_2d(g, x, 4, per_channel=False))
single("conv_2d_no_bias", [1, 5, 5, 3], lambda g, x: L.conv_2d(g, x, 4, bias=False))
single("conv_2d_stride_2_relu", [1, 7, 8, 2], lambda g, x: L.conv_2d(g, x, 4, stride=(2, 2), act="RELU"))
single("conv_2d_stride_3_relu6", [1, 11, 10, 2],
       lambda g, x: L.conv_2d(g, x, 3, stride=(3, 3), act="RELU6", out=(0.05, -20)))
single("conv_2d_relu_n1_to_1", [1, 5, 6, 2], lambda g, x: L.conv_2d(g, x, 3, act="RELU_N1_TO_1", out=(0.02, 10)))
single("conv_2d_stride_1x2_valid", [1, 7, 9, 2], lambda g, x: L.conv_2d(g, x, 3, stride=(1, 2), pad="VALID"))
single("conv_2d_dilation_2", [1, 9, 8, 2], lambda g, x: L.conv_2d(g, x, 3, dilation=(2, 2)))
single("conv_2d_dilation_2x3_valid", [1, 9, 10, 2], lambda g, x: L.conv_2d(g, x, 3, dilation=(2, 3), pad="VALID"))
single("conv_2d_kernel_1x1", [1, 5, 4, 9], lambda g, x: L.conv_2d(g, x, 7, kernel=(1, 1)))
single("conv_2d_kernel_1x1_stride_2", [1, 5, 5, 4], lambda g, x: L.conv_2d(g, x, 3, kernel=(1, 1), stride=(2, 2)))
single("conv_2d_kernel_5x2_even", [1, 8, 7, 2], lambda g, x: L.conv_2d(g, x, 3, kernel=(5, 2)))
single("conv_2d_kernel_2_stride_3", [1, 8, 10, 2], lambda g, x: L.conv_2d(g, x, 3, kernel=(2, 2), stride=(3, 3)))
single("conv_2d_1d_kernel", [1, 1, 33, 2], lambda g, x: L.conv_2d(g, x, 4, kernel=(1, 5), stride=(1, 2), act="RELU"))
single("conv_2d_stride_2_dilation_2", [1, 9, 9, 2], lambda g, x: L.conv_2d(g, x, 3, stride=(2, 2), dilation=(2, 2)))
single("conv_2d_kernel_10x4_stride_2", [1, 13, 6, 1], lambda g, x: L.conv_2d(g, x, 4, kernel=(10, 4), stride=(2, 2)))
single("conv_2d_kernel_larger_than_input", [1, 2, 3, 2], lambda g, x: L.conv_2d(g, x, 3, kernel=(5, 5)))
single("conv_2d_batch_3", [3, 4, 4, 2], lambda g, x: L.conv_2d(g, x, 3))
single("conv_2d_zero_point_min", [1, 5, 5, 2], lambda g, x: L.conv_2d(g, x, 3, out=(0.9, -128)), zero_point=-128)
single("conv_2d_zero_point_max", [1, 5, 5, 2], lambda g, x: L.conv_2d(g, x, 3, out=(0.9, 127)), zero_point=127)
single("conv_2d_multiplier_above_1", [1, 5, 5, 1],
       lambda g, x: L.conv_2d(g, x, 6, kernel=(1, 2), out=(0.0004, 0)), weights_limit=1, bias_limit=20)
single("conv_2d_multiplier_tiny", [1, 5, 5, 2],
       lambda g, x: L.conv_2d(g, x, 17, out=(40000.0, 1)), bias_limit=2000000000)
single("conv_2d_multiplier_vanishes", [1, 4, 4, 2], lambda g, x: L.conv_2d(g, x, 3, out=(3.0e10, -7)))
single("conv_2d_one_by_one_output", [1, 3, 3, 4], lambda g, x: L.conv_2d(g, x, 17, pad="VALID"))

# DEPTHWISE_CONV_2D

single("depthwise_same", [1, 6, 5, 4], lambda g, x: L.depthwise_conv_2d(g, x))
single("depthwise_valid_relu6", [1, 6, 7, 5],
       lambda g, x: L.depthwise_conv_2d(g, x, pad="VALID", act="RELU6", out=(0.04, -60)))
single("depthwise_multiplier_2", [1, 5, 6, 3], lambda g, x: L.depthwise_conv_2d(g, x, 2))
single("depthwise_multiplier_4_one_channel", [1, 7, 6, 1],
       lambda g, x: L.depthwise_conv_2d(g, x, 4, stride=(2, 2), act="RELU"))
single("depthwise_stride_2", [1, 8, 7, 4], lambda g, x: L.depthwise_conv_2d(g, x, stride=(2, 2)))
single("depthwise_stride_3_per_tensor", [1, 10, 9, 3],
       lambda g, x: L.depthwise_conv_2d(g, x, stride=(3, 3), per_channel=False))
single("depthwise_dilation_2_no_bias", [1, 9, 9, 2],
       lambda g, x: L.depthwise_conv_2d(g, x, dilation=(2, 2), bias=False))
single("depthwise_relu_n1_to_1", [1, 5, 5, 3],
       lambda g, x: L.depthwise_conv_2d(g, x, act="RELU_N1_TO_1", out=(0.02, -3)))
single("depthwise_kernel_whole_input", [1, 5, 4, 6],
       lambda g, x: L.depthwise_conv_2d(g, x, kernel=(5, 4), pad="VALID"))
single("depthwise_kernel_4x1_odd_channels", [1, 9, 3, 7], lambda g, x: L.depthwise_conv_2d(g, x, kernel=(4, 1)))
single("depthwise_batch_2", [2, 4, 5, 3], lambda g, x: L.depthwise_conv_2d(g, x))
single("depthwise_multiplier_2_dilation_2_batch_2", [2, 7, 6, 3],
       lambda g, x: L.depthwise_conv_2d(g, x, 2, dilation=(2, 1), act="RELU"))
single("depthwise_stride_1x2_dilation_2", [1, 8, 9, 3],
       lambda g, x: L.depthwise_conv_2d(g, x, stride=(1, 2), dilation=(2, 2), pad="VALID"))
single("depthwise_zero_point_min", [1, 5, 5, 3],
       lambda g, x: L.depthwise_conv_2d(g, x, out=(0.9, -128)), zero_point=-128)
single("depthwise_zero_point_max", [1, 5, 5, 3], lambda g, x: L.depthwise_conv_2d(g, x, out=(0.9, 127)), zero_point=127)

# FULLY_CONNECTED

single("fully_connected", [1, 19], lambda g, x: L.fully_connected(g, x, 7))
single("fully_connected_batch_4_relu", [4, 9], lambda g, x: L.fully_connected(g, x, 5, act="RELU"))
single("fully_connected_relu6_no_bias", [1, 16],
       lambda g, x: L.fully_connected(g, x, 6, act="RELU6", bias=False, out=(0.04, -128)))
single("fully_connected_relu_n1_to_1", [1, 8],
       lambda g, x: L.fully_connected(g, x, 6, act="RELU_N1_TO_1", out=(0.012, 5)))
single("fully_connected_per_channel", [2, 12], lambda g, x: L.fully_connected(g, x, 8, per_channel=True))
single("fully_connected_from_4d", [2, 2, 3, 2], lambda g, x: L.fully_connected(g, x, 4))
single("fully_connected_keep_num_dims", [2, 3, 5], lambda g, x: L.fully_connected(g, x, 4, keep_num_dims=True))
single("fully_connected_weights_zero_point", [1, 11], lambda g, x: L.fully_connected(g, x, 5, weights_zero_point=6))
single("fully_connected_one_unit", [1, 33], lambda g, x: L.fully_connected(g, x, 1))
single("fully_connected_zero_point_min", [1, 10],
       lambda g, x: L.fully_connected(g, x, 6, out=(0.3, -128)), zero_point=-128)
single("fully_connected_zero_point_max", [1, 10],
       lambda g, x: L.fully_connected(g, x, 6, out=(0.3, 127)), zero_point=127)
single("fully_connected_multiplier_above_1", [1, 2],
       lambda g, x: L.fully_connected(g, x, 9, out=(0.0004, 0)), weights_limit=1, bias_limit=20)

# Ties: here a multiplier that is off in its last bits shows (make_random_vectors.py found them).
single("fully_connected_ties_a", [3, 2], lambda g, x: L.fully_connected(g, x, 16, out=(0.0024, 127)),
       scale=0.002, zero_point=0, weights_limit=1, weights_scale=0.6, bias_limit=10)
single("fully_connected_ties_b", [8, 1], lambda g, x: L.fully_connected(g, x, 16, bias=False, out=(0.000611862983, -5)),
       scale=0.27832523, zero_point=9, weights_limit=1, weights_scale=0.00109918707)
single("fully_connected_ties_c", [8, 1], lambda g, x: L.fully_connected(g, x, 24, bias=False, out=(0.0008, 0)),
       scale=0.07, zero_point=2, weights_limit=3, weights_scale=0.02)

# AVERAGE_POOL_2D, MAX_POOL_2D

for code, word in (("AVERAGE_POOL_2D", "average"), ("MAX_POOL_2D", "max")):
    single(word + "_pool_valid", [1, 6, 7, 3], lambda g, x, c=code: L.pool_2d(g, x, c))
    single(word + "_pool_same_odd", [1, 7, 5, 3], lambda g, x, c=code: L.pool_2d(g, x, c, (3, 3), (2, 2), "SAME"))
    single(word + "_pool_stride_1_relu6", [1, 5, 5, 2],
           lambda g, x, c=code: L.pool_2d(g, x, c, (2, 3), (1, 1), "SAME", "RELU6"), scale=0.06, zero_point=-30)
    single(word + "_pool_stride_3_relu", [2, 8, 9, 2],
           lambda g, x, c=code: L.pool_2d(g, x, c, (3, 2), (3, 3), "VALID", "RELU"))
    single(word + "_pool_whole_input", [1, 5, 3, 6], lambda g, x, c=code: L.pool_2d(g, x, c, (5, 3), (1, 1), "VALID"))
    single(word + "_pool_same_stride_above_kernel", [1, 9, 8, 2],
           lambda g, x, c=code: L.pool_2d(g, x, c, (2, 2), (3, 4), "SAME"))
    single(word + "_pool_same_large_kernel", [1, 4, 5, 2],
           lambda g, x, c=code: L.pool_2d(g, x, c, (7, 6), (1, 1), "SAME"))
single("average_pool_relu_n1_to_1", [1, 4, 4, 2],
       lambda g, x: L.pool_2d(g, x, "AVERAGE_POOL_2D", act="RELU_N1_TO_1"), scale=0.03)

# ADD, SUB, MUL


def two_inputs(name, code, a, b, act="NONE", out=None, qa=(0.05, 3), qb=(0.02, -7)):
    @case(name)
    def _(g):
        g.output(L.binary(g, code, g.input(a, *qa), g.input(b, *qb), act, out))


def with_constant(name, code, shape, other, first=False, act="NONE", out=None, **values):
    @case(name)
    def _(g):
        x, c = g.input(shape), L.constant(g, other, **values)
        g.output(L.binary(g, code, *((c, x) if first else (x, c)), act, out))


for code in ("ADD", "SUB", "MUL"):
    word = code.lower()
    two_inputs(word + "_same_shape", code, [1, 3, 4, 5], [1, 3, 4, 5])
    two_inputs(word + "_broadcast_channel", code, [1, 3, 4, 5], [5])
    two_inputs(word + "_broadcast_both_ways", code, [1, 3, 1, 5], [1, 1, 4, 5], act="RELU")
    with_constant(word + "_constant_scalar", code, [1, 4, 7], [], low=60)
    two_inputs(word + "_relu6", code, [2, 13], [2, 13], "RELU6", (0.03, -100))
two_inputs("add_relu_n1_to_1", "ADD", [1, 9], [1, 9], "RELU_N1_TO_1", (0.01, 0))
two_inputs("add_broadcast_4d_to_5d", "ADD", [2, 1, 3, 2, 3], [4, 1, 2, 1])
two_inputs("sub_same_scales_everywhere", "SUB", [3, 9], [3, 9], out=(0.05, 3), qa=(0.05, 3), qb=(0.05, 3))
two_inputs("add_scales_far_apart", "ADD", [1, 24], [1, 24], out=(0.6, -2), qa=(0.5, -128), qb=(0.0003, 127))
two_inputs("sub_scales_far_apart", "SUB", [1, 24], [1, 24], out=(0.6, -2), qa=(0.0003, 127), qb=(0.5, -128))
two_inputs("mul_scales_extreme", "MUL", [1, 24], [1, 24], out=(0.9, 127), qa=(1.7, -128), qb=(0.01, 127))
two_inputs("mul_multiplier_tiny", "MUL", [1, 24], [1, 24], out=(0.02, -100), qa=(0.004, -128), qb=(0.004, -128))
two_inputs("mul_relu_n1_to_1", "MUL", [2, 9], [9], "RELU_N1_TO_1", (0.02, -5))
with_constant("sub_constant_minus_input", "SUB", [1, 3, 3, 4], [4], first=True)
with_constant("mul_multiplier_above_1", "MUL", [3, 7], [7], out=(0.05, -4), scale=1.3, zero_point=0, low=-1, high=2)
with_constant("mul_constant_per_row", "MUL", [2, 3, 4], [3, 1])
with_constant("add_constant_same_shape", "ADD", [1, 2, 3, 4], [1, 2, 3, 4], act="RELU")

two_inputs("mul_ties_a", "MUL", [2, 2, 1, 57], [57], out=(0.00518399943, 101), qa=(0.009, 0), qb=(0.00675, 0))
two_inputs("mul_ties_b", "MUL", [1, 2, 2, 37], [1, 2, 1, 1], out=(0.0063974373, -128), qa=(0.0577234663, 127),
           qb=(0.0346340798, 0))
for code in ("ADD", "SUB"):
    for letter, qa, qb, out in (("a", (0.0480748154, -58), (0.0841309279, 0), (0.100957111, -121)),
                                ("b", (0.00938811619, 0), (0.0125174886, 115), (0.0938811675, 0)),
                                ("c", (0.84, 126), (0.7, -95), (2.52, 113)),
                                ("d", (0.11, -40), (0.066, 30), (0.0825, 9))):
        two_inputs("%s_ties_%s" % (code.lower(), letter), code, [1, 240], [1, 240], out=out, qa=qa, qb=qb)

# CONCATENATION, SPLIT


def concat(name, shapes, axis):
    @case(name)
    def _(g):
        g.output(L.concatenation(g, [g.input(s) for s in shapes], axis))


concat("concatenation_channels_3_inputs", [[1, 3, 4, 2], [1, 3, 4, 5], [1, 3, 4, 1]], 3)
concat("concatenation_width", [[1, 3, 2, 3], [1, 3, 5, 3]], 2)
concat("concatenation_height_4_inputs", [[1, 1, 3, 2], [1, 4, 3, 2], [1, 2, 3, 2], [1, 1, 3, 2]], 1)
concat("concatenation_batch", [[1, 2, 3, 2], [2, 2, 3, 2]], 0)
concat("concatenation_negative_axis_2d", [[2, 5], [2, 3]], -1)


@case("concatenation_same_tensor_twice_and_constant")
def _(g):
    x = g.input([2, 3])
    c = L.constant(g, [2, 2], x.scale, x.zero_point)
    g.output(L.concatenation(g, [x, c, x], 1))


single("split_channels_3", [1, 3, 2, 6], lambda g, x: L.split(g, x, 3, 3))
single("split_height_2", [1, 4, 3, 2], lambda g, x: L.split(g, x, 1, 2))
single("split_negative_axis_4", [3, 8], lambda g, x: L.split(g, x, -1, 4))
single("split_batch_2", [4, 3], lambda g, x: L.split(g, x, 0, 2))

# PAD

single("pad_height_width", [1, 4, 3, 2], lambda g, x: L.pad(g, x, [(0, 0), (1, 2), (3, 0), (0, 0)]))
single("pad_channels", [1, 3, 2, 3], lambda g, x: L.pad(g, x, [(0, 0), (0, 0), (0, 0), (2, 1)]))
single("pad_batch_all", [2, 2, 3, 2], lambda g, x: L.pad(g, x, [(1, 0), (1, 1), (0, 2), (1, 3)]), zero_point=-128)
single("pad_2d", [3, 4], lambda g, x: L.pad(g, x, [(2, 1), (0, 5)]), zero_point=127)
single("pad_nothing", [1, 3, 4, 2], lambda g, x: L.pad(g, x, [(0, 0)] * 4))
single("pad_v2_value", [1, 4, 3, 2], lambda g, x: L.pad(g, x, [(0, 0), (2, 1), (1, 1), (0, 0)], value=-90))

# RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE

single("reshape", [2, 3, 4], lambda g, x: L.reshape(g, x, [4, 6]))
single("reshape_minus_one", [2, 3, 4], lambda g, x: L.reshape(g, x, [2, 12], wanted=[2, -1]))
single("reshape_options_only", [1, 2, 3, 4], lambda g, x: L.reshape(g, x, [24], as_tensor=False))
single("squeeze_all", [1, 3, 1, 4], lambda g, x: L.squeeze(g, x, []))
single("squeeze_some_negative", [1, 3, 1, 4], lambda g, x: L.squeeze(g, x, [-2]))
single("expand_dims_first", [3, 4], lambda g, x: L.expand_dims(g, x, 0))
single("expand_dims_last_negative", [3, 4], lambda g, x: L.expand_dims(g, x, -1))
single("transpose_2d", [3, 7], lambda g, x: L.transpose(g, x, [1, 0]))
single("transpose_3d_201", [2, 3, 5], lambda g, x: L.transpose(g, x, [2, 0, 1]))
single("transpose_nhwc_to_nchw", [2, 3, 4, 5], lambda g, x: L.transpose(g, x, [0, 3, 1, 2]))
single("transpose_reverse_4d", [2, 3, 4, 5], lambda g, x: L.transpose(g, x, [3, 2, 1, 0]))
single("transpose_5d", [2, 1, 3, 2, 4], lambda g, x: L.transpose(g, x, [4, 1, 3, 0, 2]))

# MEAN

single("mean_hw", [1, 5, 4, 3], lambda g, x: L.mean(g, x, [1, 2]))
single("mean_hw_keep_dims", [2, 3, 4, 5], lambda g, x: L.mean(g, x, [1, 2], keep=True))
single("mean_hw_other_scale", [1, 5, 5, 3], lambda g, x: L.mean(g, x, [1, 2], out=(0.021, -9)))
single("mean_hw_keep_dims_other_scale", [1, 7, 5, 3], lambda g, x: L.mean(g, x, [2, 1], keep=True, out=(0.017, 20)))
single("mean_channels", [1, 3, 4, 6], lambda g, x: L.mean(g, x, [3]))
single("mean_channels_other_scale", [1, 3, 4, 6], lambda g, x: L.mean(g, x, [-1], keep=True, out=(0.02, 9)))
single("mean_height", [1, 7, 4, 2], lambda g, x: L.mean(g, x, [1]))
single("mean_all_2d", [3, 11], lambda g, x: L.mean(g, x, [0, 1], out=(0.01, -10)))
single("mean_3d_middle", [2, 5, 3], lambda g, x: L.mean(g, x, [1], out=(0.04, 60)))
single("mean_zero_point_extreme", [1, 4, 4, 4], lambda g, x: L.mean(g, x, [1, 2], out=(0.03, 127)), zero_point=127)

single("mean_everything_4d", [1, 3, 4, 2], lambda g, x: L.mean(g, x, [0, 1, 2, 3], keep=True, out=(0.01, 0)))
single("mean_batch_and_channels", [3, 2, 4, 5], lambda g, x: L.mean(g, x, [0, 3], out=(0.02, 1)))
single("mean_hw_large", [1, 24, 22, 2], lambda g, x: L.mean(g, x, [1, 2], out=(0.004, 11)))

# SOFTMAX and the elementwise functions

single("softmax", [1, 12], lambda g, x: L.softmax(g, x), scale=0.06)
single("softmax_batch_large_scale", [4, 5], lambda g, x: L.softmax(g, x), scale=0.7)
single("softmax_4d_small_scale", [1, 2, 3, 4], lambda g, x: L.softmax(g, x), scale=0.001)
single("softmax_beta", [2, 9], lambda g, x: L.softmax(g, x, beta=0.35), scale=0.1)
single("softmax_two", [3, 2], lambda g, x: L.softmax(g, x), scale=0.02, zero_point=-128)
single("softmax_long_row", [1, 300], lambda g, x: L.softmax(g, x), scale=0.02)

ALL = [1, 256]  # long enough for nearly every int8 value to come up

for code, out in (("LOGISTIC", (1.0 / 256, -128)), ("TANH", (1.0 / 128, 0))):
    word = code.lower()
    single(word, ALL, lambda g, x, c=code, o=out: L.unary(g, c, x, o), scale=0.05)
    single(word + "_small_scale", ALL, lambda g, x, c=code, o=out: L.unary(g, c, x, o), scale=0.003, zero_point=40)
    single(word + "_large_scale", ALL, lambda g, x, c=code, o=out: L.unary(g, c, x, o), scale=0.9, zero_point=-128)
single("relu", ALL, lambda g, x: L.unary(g, "RELU", x, (0.05, 3)))
single("relu_rescaled", ALL, lambda g, x: L.unary(g, "RELU", x, (0.027, -128)))
single("relu6", ALL, lambda g, x: L.unary(g, "RELU6", x, (0.05, 3)))
single("relu6_rescaled", ALL, lambda g, x: L.unary(g, "RELU6", x, (6.0 / 255, -128)), scale=0.11)
single("hard_swish", ALL, lambda g, x: L.unary(g, "HARD_SWISH", x, (0.04, -118)))
single("hard_swish_small_scale", ALL, lambda g, x: L.unary(g, "HARD_SWISH", x, (0.008, -100)), scale=0.006)
single("hard_swish_large_scale", ALL, lambda g, x: L.unary(g, "HARD_SWISH", x, (0.3, -127)), scale=0.4,
       zero_point=-20)
single("leaky_relu", ALL, lambda g, x: L.leaky_relu(g, x, 0.1, (0.04, -20)))
single("leaky_relu_negative_alpha", ALL, lambda g, x: L.leaky_relu(g, x, -0.4, (0.05, -60)), zero_point=10)
single("leaky_relu_alpha_above_1", ALL, lambda g, x: L.leaky_relu(g, x, 1.7, (0.09, 40)), zero_point=-5)

# QUANTIZE, DEQUANTIZE

single("quantize_int8_rescale", ALL, lambda g, x: L.unary(g, "QUANTIZE", x, (0.031, -12)))
single("quantize_int8_zero_point_only", ALL, lambda g, x: L.unary(g, "QUANTIZE", x, (0.05, -20)), zero_point=100)
single("quantize_int8_scale_up", ALL, lambda g, x: L.unary(g, "QUANTIZE", x, (0.9, -128)), zero_point=-128)
single("dequantize_to_float", ALL, lambda g, x: L.unary(g, "DEQUANTIZE", x, None))
single("dequantize_zero_point_extreme", ALL, lambda g, x: L.unary(g, "DEQUANTIZE", x, None), 0.0078125, -128)


def float_round_trip(name, scale, zero_point, out):
    @case(name)
    def _(g):
        g.output(L.unary(g, "QUANTIZE", L.unary(g, "DEQUANTIZE", g.input(ALL, scale, zero_point), None), out))


float_round_trip("dequantize_quantize", 0.05, 3, (0.033, -12))
float_round_trip("dequantize_quantize_ties", 0.5, 0, (1.0, 0))
float_round_trip("dequantize_quantize_saturates", 1.0, -20, (0.4, 30))

# STRIDED_SLICE

single("strided_slice_2d", [5, 7], lambda g, x: L.strided_slice(g, x, [1, 0], [4, 7], [1, 2]))
single("strided_slice_negative_stride", [5, 7], lambda g, x: L.strided_slice(g, x, [4, 6], [0, -8], [-1, -2]))
single("strided_slice_masks", [4, 6], lambda g, x: L.strided_slice(g, x, [2, 1], [3, 5], [1, 1], 1, 2))
single("strided_slice_reverse_masked", [3, 8], lambda g, x: L.strided_slice(g, x, [0, 0], [0, 0], [1, -1], 3, 3))
single("strided_slice_shrink_axis", [3, 4, 5],
       lambda g, x: L.strided_slice(g, x, [1, 1, 0], [2, 3, 5], [1, 1, 1], shrink_axis_mask=1))
single("strided_slice_negative_indices_4d", [1, 5, 6, 3],
       lambda g, x: L.strided_slice(g, x, [0, -4, -6, 1], [1, -1, 99, 3], [1, 1, 3, 1]))

# RESIZE_NEAREST_NEIGHBOR

single("resize_nearest_double", [1, 3, 4, 2], lambda g, x: L.resize_nearest(g, x, (6, 8)))
single("resize_nearest_odd", [1, 5, 4, 3], lambda g, x: L.resize_nearest(g, x, (7, 9)))
single("resize_nearest_down", [1, 9, 8, 2], lambda g, x: L.resize_nearest(g, x, (4, 3)))
single("resize_nearest_align_corners", [2, 3, 4, 2], lambda g, x: L.resize_nearest(g, x, (7, 6), align_corners=True))
single("resize_nearest_align_corners_down", [1, 9, 7, 1],
       lambda g, x: L.resize_nearest(g, x, (4, 3), align_corners=True))
single("resize_nearest_half_pixel", [1, 3, 5, 2],
       lambda g, x: L.resize_nearest(g, x, (7, 8), half_pixel_centers=True))
single("resize_nearest_half_pixel_down", [1, 8, 9, 2],
       lambda g, x: L.resize_nearest(g, x, (3, 5), half_pixel_centers=True))

# TRANSPOSE_CONV

single("transpose_conv_stride_2_same", [1, 4, 3, 3], lambda g, x: L.transpose_conv(g, x, (8, 6), 4))
single("transpose_conv_stride_2_odd", [1, 4, 3, 2], lambda g, x: L.transpose_conv(g, x, (7, 5), 3))
single("transpose_conv_stride_1_no_bias", [1, 5, 4, 2],
       lambda g, x: L.transpose_conv(g, x, (5, 4), 3, stride=(1, 1), bias=False))
single("transpose_conv_valid_3x2_stride_2x3", [1, 3, 4, 2],
       lambda g, x: L.transpose_conv(g, x, (7, 11), 3, kernel=(3, 2), stride=(2, 3), pad="VALID"))
single("transpose_conv_kernel_2_per_tensor", [1, 3, 3, 4],
       lambda g, x: L.transpose_conv(g, x, (6, 6), 2, kernel=(2, 2), per_channel=False))
single("transpose_conv_batch_2_zero_points", [2, 3, 3, 2],
       lambda g, x: L.transpose_conv(g, x, (6, 6), 2, out=(0.9, 127)), zero_point=-128)
single("transpose_conv_relu", [1, 3, 4, 2], lambda g, x: L.transpose_conv(g, x, (6, 8), 3, act="RELU"))
