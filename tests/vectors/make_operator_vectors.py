#!/usr/bin/env python3
"""Makes tests/vectors/operators: small .tflite models and the outputs that the engine must give, bit for bit.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install -r requirements.txt && /tmp/venv/bin/python make_operator_vectors.py

Same script, same pinned packages: same bytes. Only the vectors are needed to run the tests.
"""

import argparse
import hashlib
import importlib.metadata
import json
import pathlib
import sys

import numpy as np

import graph_cases  # noqa: F401  (registers its cases)
import operator_cases
import oracle

SEEDS = (1, 2, 3, 4)


def engine():
    return "tflite-micro %s reference kernels (PyPI)" % importlib.metadata.version("tflite-micro")


def describe(details):
    return [{"shape": [int(d) for d in t["shape"]], "type": np.dtype(t["dtype"]).name,
             "scale": float("%.9g" % t["quantization_parameters"]["scales"][0])
             if len(t["quantization_parameters"]["scales"]) else 0,
             "zero_point": int(t["quantization_parameters"]["zero_points"][0])
             if len(t["quantization_parameters"]["zero_points"]) else 0} for t in details]


def golden(name, model, seeds=SEEDS, every_output=False, cross_check=True):
    """The model's golden record, the output values that came up, and how far the TFLite interpreter is from it."""
    micro = oracle.Micro(model)
    lite = refused = None
    try:
        lite = oracle.Lite(model) if cross_check else None
    except (ValueError, RuntimeError) as error:
        refused = str(error).strip().splitlines()[0]
    inputs, outputs = micro.input_details(), micro.output_details()
    vectors, differences, values = [], [], set()
    for seed in seeds:
        stream, arrays = oracle.inputs_for(seed, inputs)
        results, hashes = micro.run(arrays)
        again, _ = micro.run(arrays)
        if any(a.tobytes() != b.tobytes() for a, b in zip(results, again)):
            raise RuntimeError("%s: two runs differ" % name)
        raw = b"".join(r.tobytes() for r in results)
        vector = {"seed": seed, "input_fnv1a32": oracle.fnv1a32(stream), "output_fnv1a32": oracle.fnv1a32(raw)}
        if seed == seeds[0] or every_output:
            vector["output"] = [int(b) for b in np.frombuffer(raw, dtype=np.int8)]
        vector["op_output_fnv1a32"] = hashes
        vectors.append(vector)
        values.update(np.frombuffer(raw, dtype=np.int8).tolist())
        if lite is not None:
            differences.append(compare(results, lite.run(arrays)))
    record = {
        "model": name, "model_sha256": hashlib.sha256(model).hexdigest(), "engine": engine(),
        "generator": oracle.GENERATOR, "hash": oracle.HASH,
        "input_bytes": sum(int(np.prod(d["shape"])) * np.dtype(d["dtype"]).itemsize for d in inputs),
        "output_bytes": len(raw), "operators": micro.operators(),
        "inputs": describe(inputs), "outputs": describe(outputs), "vectors": vectors}
    return record, values, refused if lite is None else differences


def compare(micro, lite):
    """(elements that differ, largest difference in steps); shapes must agree."""
    count, largest = 0, 0.0
    for a, b in zip(micro, lite):
        if a.shape != b.shape:
            raise RuntimeError("shapes differ: %s, %s" % (a.shape, b.shape))
        delta = np.abs(a.astype(np.float64) - b.astype(np.float64))
        count += int(np.count_nonzero(delta))
        largest = max(largest, float(delta.max()) if delta.size else 0.0)
    return count, largest


def write_record(path, record):
    """One line of facts, then one line per vector, as in the reference data."""
    head = {k: v for k, v in record.items() if k != "vectors"}
    lines = ",\n ".join(json.dumps(v) for v in record["vectors"])
    path.write_text(json.dumps(head)[:-1] + ', "vectors": [\n ' + lines + "\n]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent / "operators")
    parser.add_argument("--only", help="make only cases whose name holds this")
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    failed = False
    for name in operator_cases.CASES:
        if arguments.only and arguments.only not in name:
            continue
        try:
            model = operator_cases.build(name)
            record, values, lite = golden(name, model)
        except Exception as error:  # one bad case must not hide the others
            print("%-48s FAILED: %s" % (name, str(error).strip()[:300]))
            failed = True
            continue
        (arguments.out / (name + ".tflite")).write_bytes(model)
        write_record(arguments.out / (name + ".json"), record)
        if isinstance(lite, str):
            note = "TFLite refuses: " + lite
        elif any(count for count, _ in lite):
            note = "TFLite differs: %d elements, by at most %g" % (sum(c for c, _ in lite), max(d for _, d in lite))
        else:
            note = ""
        print("%-48s %5d bytes  %3d output values  %s" % (name, len(model), len(values), note))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
