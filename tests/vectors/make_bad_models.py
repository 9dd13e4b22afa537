#!/usr/bin/env python3
"""Makes tests/vectors/bad: files that must be refused, and expected.tsv, which says why (see README.md)."""

import pathlib
import sys

import flatbuffers
import numpy as np

import layers as L
from tflite_builder import FLOAT32, INT16, INT32, Graph, activation, options, padding, schema

CASES = []  # (name, reason, words that the message must hold, function that gives the bytes)


def bad(name, reason, words=""):
    """Registers a function that gives the file's bytes, or a body that fills a graph given as its argument."""
    def add(body):
        def make():
            if body.__code__.co_argcount == 0:
                return body()
            g = Graph(name)
            body(g)
            return g.build()
        CASES.append((name, reason, words, make))
        return body
    return add


def good():
    g = Graph("good")
    g.output(L.conv_2d(g, g.input([1, 4, 4, 2]), 3))
    return g.build()


def with_model(change):
    """The good model, taken apart, changed and put together again."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(good(), 0))
    for op in model.subgraphs[0].operators:  # views into the file's bytes until now
        op.inputs, op.outputs = list(op.inputs), list(op.outputs)
    change(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


# Not, or not quite, a flatbuffer

bad("empty_file", "MODEL_NOT_FLATBUFFER")(lambda: b"")
bad("text", "MODEL_NOT_FLATBUFFER", "TFL3")(lambda: b"This is a text, and a text is no model.\n")
bad("identifier_only", "MODEL_NOT_FLATBUFFER")(lambda: b"\x08\0\0\0TFL3")
bad("truncated_half", "MODEL_NOT_FLATBUFFER")(lambda: good()[:len(good()) // 2])
bad("truncated_last_word", "MODEL_NOT_FLATBUFFER")(lambda: good()[:-4])
bad("wrong_identifier", "MODEL_NOT_FLATBUFFER", "TFL3")(lambda: good().replace(b"TFL3", b"TFL2", 1))
bad("root_outside", "MODEL_NOT_FLATBUFFER")(lambda: b"\xf0\xff\xff\x7f" + good()[4:])


@bad("random_bytes_with_identifier", "MODEL_NOT_FLATBUFFER")
def _():
    data = bytearray(np.random.RandomState(5).bytes(600))
    data[:8] = b"\x10\0\0\0TFL3"
    return bytes(data)


@bad("vector_longer_than_file", "MODEL_NOT_FLATBUFFER")
def _():
    data = bytearray(good())
    at = data.index(b"main\0") - 4  # the length of the subgraph's name
    data[at:at + 4] = b"\xff\xff\xff\x7f"
    return bytes(data)


# Kinds of model that the engine does not run


@bad("float_model", "MODEL_FLOAT", "float32")
def _(g):
    x = g.input([1, 8], None, dtype=FLOAT32)
    w = g.tensor([4, 8], data=g.random.randn(4, 8), dtype=FLOAT32)
    y = g.tensor([1, 4], dtype=FLOAT32)
    g.output(g.operator("FULLY_CONNECTED", [x, w, None], [y], options("FullyConnected")))


@bad("hybrid_model", "MODEL_HYBRID", "float32")
def _(g):
    x = g.input([1, 8], None, dtype=FLOAT32)
    w = g.tensor([4, 8], 0.01, 0, g.random.randint(-127, 128, size=[4, 8]))
    y = g.tensor([1, 4], dtype=FLOAT32)
    g.output(g.operator("FULLY_CONNECTED", [x, w, None], [y], options("FullyConnected")))


@bad("int16_activations", "MODEL_UNSUPPORTED", "int16")
def _(g):
    x = g.input([1, 8], 0.001, 0, dtype=INT16)
    w = g.tensor([4, 8], 0.01, 0, g.random.randint(-127, 128, size=[4, 8]))
    y = g.tensor([1, 4], 0.01, dtype=INT16)
    g.output(g.operator("FULLY_CONNECTED", [x, w, None], [y], options("FullyConnected")))


@bad("uint8_activations", "MODEL_UNSUPPORTED", "uint8")
def _(g):
    x = g.input([1, 8], 0.1, 3, dtype=schema.TensorType.UINT8)
    y = g.tensor([1, 8], 0.1, 3, dtype=schema.TensorType.UINT8)
    g.output(g.operator("RELU", [x], [y]))


@bad("string_tensor", "MODEL_UNSUPPORTED", "string")
def _(g):
    x = g.input([1, 8], None, dtype=schema.TensorType.STRING)
    g.output(g.operator("RELU", [x], [g.tensor([1, 8], 0.1)]))


@bad("custom_operator", "MODEL_UNKNOWN_OPERATOR", "operator 1|MyOwnFilter")
def _(g):
    x = L.unary(g, "RELU", g.input([1, 8]), (0.05, 3))
    g.output(g.operator("CUSTOM", [x], [g.tensor([1, 8], 0.1)], custom="MyOwnFilter"))


@bad("unknown_operator_sin", "MODEL_UNKNOWN_OPERATOR", "operator 2|SIN")
def _(g):
    x = L.unary(g, "RELU", g.input([1, 8]), (0.05, 3))
    x = L.unary(g, "LOGISTIC", x, (1.0 / 256, -128))
    g.output(g.operator("SIN", [x], [g.tensor([1, 8], 0.1)]))


@bad("operator_number_of_the_future", "MODEL_UNKNOWN_OPERATOR", "operator 0|9999")
def _():
    def change(m):
        m.operatorCodes[0].builtinCode = 9999
    return with_model(change)


@bad("two_subgraphs", "MODEL_UNSUPPORTED", "2 subgraphs")
def _():
    g = Graph("two_subgraphs")
    g.output(L.conv_2d(g, g.input([1, 4, 4, 2]), 3))
    return g.build(subgraphs=2)


@bad("schema_version_4", "MODEL_UNSUPPORTED", "version 4")
def _():
    def change(m):
        m.version = 4
    return with_model(change)


@bad("variable_tensor", "MODEL_UNSUPPORTED", "variable")
def _():
    def change(m):
        m.subgraphs[0].tensors[0].isVariable = True
    return with_model(change)


@bad("grouped_convolution", "MODEL_UNSUPPORTED", "operator 0|CONV_2D")
def _(g):
    g.output(L.conv_2d(g, g.input([1, 4, 4, 4]), 4, groups=2))


@bad("weights_computed_at_run_time", "MODEL_UNSUPPORTED", "operator 0|constant")
def _(g):
    x, w = g.input([1, 8]), g.input([4, 8], 0.01, 0)
    g.output(g.operator("FULLY_CONNECTED", [x, w, None], [g.tensor([1, 4], 0.5)], options("FullyConnected")))


@bad("fused_tanh", "MODEL_UNSUPPORTED", "operator 0|TANH")
def _(g):
    g.output(L.conv_2d(g, g.input([1, 4, 4, 2]), 3, act="TANH"))


@bad("dynamic_batch", "MODEL_UNSUPPORTED", "dimension|-1")
def _(g):
    g.output(L.unary(g, "RELU", g.input([-1, 8]), (0.05, 3)))


@bad("rank_9", "MODEL_UNSUPPORTED", "9 dimensions")
def _(g):
    g.output(L.unary(g, "RELU", g.input([1] * 8 + [8]), (0.05, 3)))


# Shapes and sizes


@bad("shape_overflows_32_bits", "MODEL_TOO_LARGE", "65536")
def _(g):
    g.output(L.unary(g, "RELU", g.input([1, 65536, 65537]), (0.05, 3)))


@bad("shape_overflows_64_bits", "MODEL_TOO_LARGE", "2147483647")
def _(g):
    g.output(L.unary(g, "RELU", g.input([2147483647, 2147483647, 2147483647, 5]), (0.05, 3)))


@bad("zero_dimension", "MODEL_UNSUPPORTED", "dimension")
def _(g):
    g.output(L.unary(g, "RELU", g.input([1, 0, 4]), (0.05, 3)))


@bad("constant_shorter_than_its_shape", "MODEL_INVALID", "tensor|bytes")
def _(g):
    x = g.input([1, 8])
    c = g.tensor([8], 0.05, 0, np.zeros(5))
    g.output(L.binary(g, "ADD", x, c))


@bad("output_shape_is_wrong", "MODEL_INVALID", "operator 0|CONV_2D")
def _():
    def change(m):
        s = m.subgraphs[0]
        s.tensors[s.operators[0].outputs[0]].shape = [1, 5, 4, 3]
    return with_model(change)


@bad("reshape_changes_the_count", "MODEL_INVALID", "RESHAPE")
def _(g):
    g.output(L.reshape(g, g.input([2, 6]), [2, 5]))


@bad("concatenation_of_unlike_shapes", "MODEL_INVALID", "CONCATENATION")
def _(g):
    a, b = g.input([1, 3, 4]), g.input([1, 2, 4])
    y = g.tensor([1, 3, 8], 0.05, 3)
    g.output(g.operator("CONCATENATION", [a, b], [y], options("Concatenation", axis=2)))


@bad("axis_out_of_range", "MODEL_INVALID", "MEAN")
def _(g):
    x = g.input([1, 3, 4])
    g.output(g.operator("MEAN", [x, g.int32([7])], [g.tensor([1, 3], 0.05, 3)], options("Reducer")))


@bad("transpose_is_no_permutation", "MODEL_INVALID", "TRANSPOSE")
def _(g):
    x = g.input([3, 3, 3])
    g.output(g.operator("TRANSPOSE", [x, g.int32([0, 2, 2])], [g.tensor([3, 3, 3], 0.05, 3)], options("Transpose")))


@bad("split_does_not_divide", "MODEL_INVALID", "SPLIT")
def _(g):
    x = g.input([1, 7])
    parts = [g.tensor([1, 3], 0.05, 3) for _ in range(2)]
    g.operator("SPLIT", [g.int32(1), x], parts, options("Split", numSplits=2))
    g.output(*parts)


@bad("pad_negative", "MODEL_INVALID", "PAD")
def _(g):
    x = g.input([4, 4])
    y = g.tensor([2, 4], 0.05, 3)
    g.output(g.operator("PAD", [x, g.int32([[-2, 0], [0, 0]])], [y], options("Pad")))


@bad("strided_slice_stride_0", "MODEL_INVALID", "STRIDED_SLICE")
def _(g):
    x = g.input([4, 4])
    y = g.tensor([4, 4], 0.05, 3)
    g.output(g.operator("STRIDED_SLICE", [x, g.int32([0, 0]), g.int32([4, 4]), g.int32([1, 0])], [y],
                        options("StridedSlice")))


@bad("not_broadcastable", "MODEL_INVALID", "ADD")
def _(g):
    a, b = g.input([1, 3, 4]), g.input([1, 3, 5])
    g.output(g.operator("ADD", [a, b], [g.tensor([1, 3, 5], 0.05, 3)], options("Add")))


# Wiring


@bad("tensor_index_out_of_range", "MODEL_INVALID", "operator 0|tensor 77")
def _():
    def change(m):
        m.subgraphs[0].operators[0].inputs[0] = 77
    return with_model(change)


@bad("output_index_negative", "MODEL_INVALID", "operator 0|-3")
def _():
    def change(m):
        m.subgraphs[0].operators[0].outputs[0] = -3
    return with_model(change)


@bad("buffer_index_out_of_range", "MODEL_INVALID", "buffer 99")
def _():
    def change(m):
        m.subgraphs[0].tensors[1].buffer = 99
    return with_model(change)


@bad("operator_code_out_of_range", "MODEL_INVALID", "operator 0|code 9")
def _():
    def change(m):
        m.subgraphs[0].operators[0].opcodeIndex = 9
    return with_model(change)


@bad("cycle", "MODEL_INVALID", "operator 0")
def _(g):
    x = g.input([1, 8])
    a, b = g.tensor([1, 8], 0.05, 3), g.tensor([1, 8], 0.05, 3)
    g.operator("ADD", [x, b], [a], options("Add"))
    g.operator("RELU", [a], [b])
    g.output(b)


@bad("written_twice", "MODEL_INVALID", "operator 1")
def _(g):
    x = g.input([1, 8])
    y = g.tensor([1, 8], 0.05, 3)
    g.operator("RELU", [x], [y])
    g.operator("RELU6", [x], [y])
    g.output(y)


@bad("writes_a_constant", "MODEL_INVALID", "operator 0")
def _(g):
    g.output(g.operator("RELU", [g.input([1, 8])], [L.constant(g, [1, 8])]))


@bad("output_never_written", "MODEL_INVALID", "output")
def _(g):
    L.unary(g, "RELU", g.input([1, 8]), (0.05, 3))
    g.output(g.tensor([1, 8], 0.05, 3))


@bad("too_few_inputs", "MODEL_INVALID", "operator 0|ADD")
def _(g):
    g.output(g.operator("ADD", [g.input([1, 8])], [g.tensor([1, 8], 0.05, 3)], options("Add")))


@bad("no_operators", "MODEL_INVALID", "operators")
def _():
    def change(m):
        m.subgraphs[0].operators = []
    return with_model(change)


# Options and quantization


@bad("options_missing", "MODEL_INVALID", "operator 0|CONV_2D")
def _():
    def change(m):
        m.subgraphs[0].operators[0].builtinOptions = None
        m.subgraphs[0].operators[0].builtinOptionsType = 0
    return with_model(change)


def _window(name, **fields):
    @bad(name, "MODEL_INVALID", "operator 0|CONV_2D")
    def _():
        def change(m):
            for key, value in fields.items():
                setattr(m.subgraphs[0].operators[0].builtinOptions, key, value)
        return with_model(change)


_window("stride_0", strideW=0)
_window("stride_negative", strideH=-2)
_window("dilation_0", dilationHFactor=0)
_window("padding_unknown", padding=9)


@bad("depth_multiplier_does_not_fit", "MODEL_INVALID", "DEPTHWISE_CONV_2D")
def _(g):
    x = g.input([1, 4, 4, 3])
    w = g.tensor([1, 3, 3, 7], 0.01, 0, np.ones([1, 3, 3, 7]))
    g.output(g.operator("DEPTHWISE_CONV_2D", [x, w], [g.tensor([1, 4, 4, 7], 0.5)],
                        options("DepthwiseConv2D", padding=padding("SAME"), strideW=1, strideH=1, depthMultiplier=2,
                                fusedActivationFunction=activation("NONE"))))


def _scale(name, scale, zero_point=0):
    @bad(name, "MODEL_INVALID", "scale")
    def _(g):
        g.output(L.unary(g, "RELU", g.input([1, 8], scale, zero_point), (0.05, 3)))


_scale("scale_nan", float("nan"))
_scale("scale_infinite", float("inf"))
_scale("scale_zero", 0.0)
_scale("scale_negative", -0.1)
_scale("zero_point_out_of_range", 0.1, 200)


@bad("no_quantization", "MODEL_UNSUPPORTED", "operator 0|scale")
def _(g):
    g.output(L.conv_2d(g, g.tensor([1, 4, 4, 2], 0.05), 3))
    x = g.input([1, 4, 4, 2])
    g._operators[0].inputs[0] = x.index
    g._tensors[x.index].quantization = None


@bad("channel_scales_do_not_fit", "MODEL_INVALID", "scales")
def _():
    def change(m):
        q = m.subgraphs[0].tensors[1].quantization
        q.scale = [0.1, 0.2, 0.3, 0.4, 0.5]
        q.zeroPoint = [0] * 5
    return with_model(change)


@bad("bias_is_int8", "MODEL_UNSUPPORTED", "operator 0|bias")
def _(g):
    x = g.input([1, 8])
    w = g.tensor([4, 8], 0.01, 0, np.ones([4, 8]))
    b = g.tensor([4], 0.0005, 0, np.ones([4]))
    g.output(g.operator("FULLY_CONNECTED", [x, w, b], [g.tensor([1, 4], 0.5)], options("FullyConnected")))


@bad("bias_of_wrong_length", "MODEL_INVALID", "operator 0|bias")
def _(g):
    x = g.input([1, 8])
    w = g.tensor([4, 8], 0.01, 0, np.ones([4, 8]))
    b = g.tensor([3], 0.0005, 0, np.ones([3]), dtype=INT32)
    g.output(g.operator("FULLY_CONNECTED", [x, w, b], [g.tensor([1, 4], 0.5)], options("FullyConnected")))


@bad("softmax_output_of_other_scale", "MODEL_UNSUPPORTED", "operator 0|SOFTMAX")
def _(g):
    g.output(g.operator("SOFTMAX", [g.input([1, 8])], [g.tensor([1, 8], 0.05, 3)], options("Softmax", beta=1.0)))


def main():
    out = pathlib.Path(__file__).parent / "bad"
    out.mkdir(exist_ok=True)
    rows = []
    for name, reason, words, make in CASES:
        data = make()
        (out / (name + ".tflite")).write_bytes(data)
        rows.append("%s.tflite\t%s\t%s\n" % (name, reason, words))
    (out / "expected.tsv").write_text("".join(rows))
    print("%d files, %d bytes" % (len(CASES), sum(f.stat().st_size for f in out.iterdir())))


if __name__ == "__main__":
    sys.exit(main())
