"""Writes small int8 .tflite files by hand, operator by operator, with exact control of quantization.

No converter is involved: what a case asks for is what the file holds. Weights come from a generator that is seeded
with the model's name, so that the same script always writes the same bytes.
"""

import math
import zlib

import flatbuffers
import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

INT8 = schema.TensorType.INT8
INT16 = schema.TensorType.INT16
INT32 = schema.TensorType.INT32
FLOAT32 = schema.TensorType.FLOAT32

_NUMPY_TYPE = {INT8: np.int8, INT16: np.int16, INT32: np.int32, FLOAT32: np.float32}

# The version that TensorFlow's converter gives to each operator's int8 form.
_VERSION = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "AVERAGE_POOL_2D": 2, "MAX_POOL_2D": 2, "ADD": 2,
    "MUL": 2, "SUB": 2, "CONCATENATION": 2, "PAD": 2, "PADV2": 2, "TRANSPOSE": 2, "MEAN": 2, "SOFTMAX": 2, "LOGISTIC": 2,
    "TANH": 2, "RELU": 2, "RELU6": 2, "LEAKY_RELU": 2, "DEQUANTIZE": 2, "STRIDED_SLICE": 2, "SPLIT": 2,
    "RESIZE_NEAREST_NEIGHBOR": 3, "TRANSPOSE_CONV": 3,
}


class _AlignedBuffer(schema.BufferT):
    """A buffer whose data lies at a multiple of `alignment`, as the schema's force_align asks (16)."""

    def __init__(self, data, alignment):
        super().__init__()
        self.data = data
        self._alignment = alignment

    def Pack(self, builder):
        if self.data is None:
            return super().Pack(builder)
        builder.StartVector(1, len(self.data), self._alignment)
        builder.head -= len(self.data)
        builder.Bytes[builder.head:builder.head + len(self.data)] = self.data
        data = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)


class Tensor:
    """A tensor of the graph: its index, shape and quantization (scale of the first channel)."""

    def __init__(self, index, shape, scale, zero_point):
        self.index = index
        self.shape = list(shape)
        self.scale = scale
        self.zero_point = zero_point


class Graph:
    """One model under construction: tensors, operators in order of execution, inputs and outputs."""

    def __init__(self, name, buffer_alignment=16):
        self.name = name
        self.random = np.random.RandomState(zlib.crc32(name.encode()))
        self.weights_limit = 127      # weights are in -limit .. limit
        self.weights_scale = 0.01     # of the smallest channel
        self.bias_limit = 20000
        self._alignment = buffer_alignment
        self._buffers = [_AlignedBuffer(None, 16)]
        self._tensors = []
        self._codes = []
        self._operators = []
        self.inputs = []
        self.outputs = []

    # Tensors

    def tensor(self, shape, scale=None, zero_point=0, data=None, dtype=INT8, axis=0):
        """Adds a tensor; with `data` a constant. `scale` may be a list: one per index along `axis`."""
        buffer = 0
        if data is not None:
            raw = np.ascontiguousarray(data, dtype=_NUMPY_TYPE[dtype]).tobytes()
            buffer = len(self._buffers)
            self._buffers.append(_AlignedBuffer(raw, self._alignment))
        t = schema.TensorT()
        t.shape = [int(d) for d in shape]
        t.type = dtype
        t.buffer = buffer
        t.name = "t%d" % len(self._tensors)
        first = None
        if scale is not None:
            scales = list(scale) if np.ndim(scale) else [scale]
            first = float(np.float32(scales[0]))
            q = schema.QuantizationParametersT()
            q.scale = np.asarray(scales, dtype=np.float32)
            q.zeroPoint = np.asarray([zero_point] * len(scales), dtype=np.int64)
            q.quantizedDimension = axis
            t.quantization = q
        self._tensors.append(t)
        return Tensor(len(self._tensors) - 1, shape, first, zero_point)

    def input(self, shape, scale=0.05, zero_point=3, dtype=INT8):
        t = self.tensor(shape, scale, zero_point, dtype=dtype)
        self.inputs.append(t)
        return t

    def output(self, *tensors):
        self.outputs.extend(tensors)

    def int32(self, values):
        """A constant vector (or scalar) of int32: axes, shapes, sizes."""
        values = np.asarray(values, dtype=np.int32)
        return self.tensor(values.shape, data=values, dtype=INT32)

    # Operators

    def operator(self, code, inputs, outputs, options=None, custom=None, version=None):
        """Adds an operator. `code` is a name of BuiltinOperator; `inputs` may hold None (an absent optional one)."""
        key = (code, custom)
        if key not in self._codes:
            self._codes.append(key)
        op = schema.OperatorT()
        op.opcodeIndex = self._codes.index(key)
        op.inputs = [-1 if t is None else t.index for t in inputs]
        op.outputs = [t.index for t in outputs]
        if options is not None:
            op.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
            op.builtinOptions = options
        self._operators.append(op)
        return outputs[0]

    def build(self, subgraphs=1):
        """The file's bytes."""
        m = schema.ModelT()
        m.version = 3
        m.description = self.name
        m.buffers = self._buffers
        m.operatorCodes = []
        for code, custom in self._codes:
            c = schema.OperatorCodeT()
            c.builtinCode = getattr(schema.BuiltinOperator, code)
            c.deprecatedBuiltinCode = min(c.builtinCode, 127)
            c.version = _VERSION.get(code, 1)
            c.customCode = custom
            m.operatorCodes.append(c)
        g = schema.SubGraphT()
        g.name = "main"
        g.tensors = self._tensors
        g.operators = self._operators
        g.inputs = [t.index for t in self.inputs]
        g.outputs = [t.index for t in self.outputs]
        m.subgraphs = [g] * subgraphs
        builder = flatbuffers.Builder(4096)
        builder.Finish(m.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def options(kind, **fields):
    """`options("Pool2D", strideW=2)`: the operator's options table with these fields."""
    table = getattr(schema, kind + "OptionsT")()
    for name, value in fields.items():
        if not hasattr(table, name):
            raise AttributeError("%sOptions has no field %s" % (kind, name))
        setattr(table, name, value)
    return table


def activation(name):
    return getattr(schema.ActivationFunctionType, name)


def padding(name):
    return getattr(schema.Padding, name)


def window_size(size, kernel, stride, dilation, pad):
    """Output size of a sliding window along one dimension."""
    effective = (kernel - 1) * dilation + 1
    if pad == "SAME":
        return math.ceil(size / stride)
    return math.ceil((size - effective + 1) / stride)
