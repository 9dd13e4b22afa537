#!/usr/bin/env python3
"""Trains our own models, quantizes them to int8, measures them and records their golden outputs.

    python3.11 -m venv /tmp/venv-train && /tmp/venv-train/bin/pip install -r requirements.txt
    /tmp/venv-train/bin/python train.py [digits] [vibration]

Seeds are fixed and operators deterministic; another processor may still round float sums another way and so give other weights.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import json
import pathlib
import sys
import time

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "vectors"))

import digits
import oracle
import vibration
from make_operator_vectors import golden, write_record

MODELS = {"digits": digits, "vibration": vibration}
SEEDS = tuple(range(1, 9))


def train(task, train_x, train_y):
    model = task.network(batch=None)
    steps = task.EPOCHS * -(-len(train_x) // task.BATCH)
    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train_x, train_y, batch_size=task.BATCH, epochs=task.EPOCHS, verbose=0)
    single = task.network(batch=1)  # the converter needs every dimension
    single.set_weights(model.get_weights())
    return single


def quantize(model, samples):
    """int8 in and out, ranges from `samples`."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([x[np.newaxis]] for x in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def accuracy_int8(tflite, x, y):
    """Share of right answers on the oracle, inputs quantized as the model says."""
    micro = oracle.Micro(tflite)
    quantization = micro.input_details()[0]["quantization_parameters"]
    scale, zero_point = float(quantization["scales"][0]), int(quantization["zero_points"][0])
    right = 0
    for sample, label in zip(x, y):
        raw = np.clip(np.round(sample / scale) + zero_point, -128, 127).astype(np.int8)
        right += int(np.argmax(micro.run([raw[np.newaxis]], hashes=False)[0][0]) == label)
    return right / len(y)


def make(name):
    task = MODELS[name]
    tf.keras.utils.set_random_seed(1)
    began = time.monotonic()
    (train_x, train_y), (test_x, test_y) = task.data()
    model = train(task, train_x, train_y)
    answers = np.argmax(model.predict(test_x, batch_size=1, verbose=0), axis=1)
    seconds = time.monotonic() - began
    tflite = quantize(model, train_x[:200])
    accuracy = {"samples": len(test_y), "float32": round(float(np.mean(answers == test_y)), 4),
                "int8": round(accuracy_int8(tflite, test_x, test_y), 4)}
    record, _, _ = golden(name, tflite, SEEDS, every_output=True, cross_check=False)
    vectors = record.pop("vectors")
    record.update(labels=task.LABELS, accuracy=accuracy, vectors=vectors)
    (HERE / (name + ".tflite")).write_bytes(tflite)
    write_record(HERE / (name + ".json"), record)
    print("%s: %d bytes, trained in %.0f s, accuracy %s, %s"
          % (name, len(tflite), seconds, json.dumps(accuracy), record["operators"]))


def main():
    tf.config.experimental.enable_op_determinism()
    for name in sys.argv[1:] or MODELS:
        make(name)


if __name__ == "__main__":
    main()
