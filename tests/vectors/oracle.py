"""Runs a .tflite with TensorFlow Lite Micro (the oracle) and with the TFLite interpreter (the cross-check).

Inputs come from the generator that the golden files state: xorshift32, one stream over all inputs in order.
"""

import numpy as np
from tflite_micro.python.tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

# What the golden files say about themselves; README.md says it in full.
GENERATOR = "xorshift32 from the seed, one stream over all inputs in order (tests/vectors/README.md)"
HASH = "FNV-1a 32-bit over raw bytes"


def xorshift_bytes(seed, count):
    x = seed & 0xFFFFFFFF
    out = bytearray(count)
    for i in range(count):
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        out[i] = x & 0xFF
    return bytes(out)


def fnv1a32(data):
    h = 2166136261
    for byte in data:
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    return "%08x" % h


class Micro:
    """TensorFlow Lite Micro's reference kernels, every tensor kept so that each operator's output can be hashed."""

    def __init__(self, model):
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
        self._graph = self._model.subgraphs[0]
        self._interpreter = runtime.Interpreter.from_bytes(
            model, arena_size=1 << 22, intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors)

    def input_details(self):
        return [self._interpreter.get_input_details(i) for i in range(len(self._graph.inputs))]

    def output_details(self):
        return [self._interpreter.get_output_details(i) for i in range(len(self._graph.outputs))]

    def operators(self):
        """Names of the operators, in order."""
        names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
        codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in self._model.operatorCodes]
        return [names[codes[op.opcodeIndex]] for op in self._graph.operators]

    def run(self, arrays, hashes=True):
        """Outputs of one inference, and (unless not wanted) the hash of each operator's first output."""
        for i, array in enumerate(arrays):
            self._interpreter.set_input(array, i)
        self._interpreter.invoke()
        outputs = [np.array(self._interpreter.get_output(i)) for i in range(len(self._graph.outputs))]
        if not hashes:
            return outputs, []
        return outputs, [fnv1a32(self._interpreter.GetTensor(op.outputs[0], 0)["tensor_data"].tobytes())
                         for op in self._graph.operators]


class Lite:
    """The TFLite interpreter with its reference kernels and no delegate."""

    def __init__(self, model):
        from ai_edge_litert import interpreter as litert  # here: who needs only the oracle need not install it
        self._interpreter = litert.Interpreter(
            model_content=model, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF, num_threads=1)
        self._interpreter.allocate_tensors()

    def run(self, arrays):
        for detail, array in zip(self._interpreter.get_input_details(), arrays):
            self._interpreter.set_tensor(detail["index"], array)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(d["index"])) for d in self._interpreter.get_output_details()]


def inputs_for(seed, details):
    """The seed's input arrays, cut from one stream."""
    sizes = [int(np.prod(d["shape"], dtype=np.int64)) for d in details]
    stream = xorshift_bytes(seed, sum(sizes))
    arrays, at = [], 0
    for detail, size in zip(details, sizes):
        arrays.append(np.frombuffer(stream[at:at + size], dtype=np.int8).reshape(detail["shape"]))
        at += size
    return stream, arrays
