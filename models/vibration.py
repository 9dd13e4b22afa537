"""Vibration of a rotating machine, made here, and a network that tells its state from one second of it.

The signal of a three-axis accelerometer at 1 kHz: harmonics of the shaft, resonance, sensor noise, and what each fault adds to them.
It is a model of a machine, not a recording: it shows the service at work and says nothing of real bearings.
"""

import numpy as np
import tensorflow as tf

LABELS = ["healthy", "imbalance", "misalignment", "bearing", "looseness"]
EPOCHS = 12
BATCH = 32
SAMPLES = 1024
RATE_HZ = 1000.0


def _ringing(rng, t, rate_hz, resonance_hz, decay_per_s, jitter):
    """Impacts at `rate_hz`, each of which rings at the resonance and dies away."""
    signal = np.zeros_like(t)
    at = rng.uniform(0.0, 1.0 / rate_hz)
    while at < t[-1]:
        after = t - at
        ring = np.exp(-decay_per_s * after) * np.sin(2 * np.pi * resonance_hz * after)
        signal += np.where(after >= 0, ring, 0.0) * rng.uniform(0.7, 1.3)
        at += (1.0 + jitter * rng.standard_normal()) / rate_hz
    return signal


def window(rng, state):
    """One window [1024, 3] in g: radial, tangential and axial acceleration in the given state."""
    t = np.arange(SAMPLES) / RATE_HZ
    shaft_hz = rng.uniform(22.0, 38.0)
    phase = 2 * np.pi * (shaft_hz * t + rng.uniform()) + 0.05 * np.cumsum(rng.standard_normal(SAMPLES)) / 30
    load = rng.uniform(0.6, 1.4)
    amplitudes = load * np.array([0.12, 0.05, 0.03, 0.02]) * rng.uniform(0.5, 1.5, size=4)
    axial = load * np.array([0.02, 0.02, 0.01, 0.01]) * rng.uniform(0.5, 1.5, size=4)
    severity = rng.uniform(0.12, 1.0)
    if state == "imbalance":
        amplitudes[0] += 0.55 * severity * (shaft_hz / 30.0) ** 2
    elif state == "misalignment":
        amplitudes[1] += 0.40 * severity
        axial[:2] += np.array([0.18, 0.30]) * severity
    axes = np.zeros((SAMPLES, 3))
    for k in range(4):
        offset = rng.uniform(0, 2 * np.pi)
        axes[:, 0] += amplitudes[k] * np.sin((k + 1) * phase + offset)
        axes[:, 1] += 0.8 * amplitudes[k] * np.sin((k + 1) * phase + offset + np.pi / 2)
        axes[:, 2] += axial[k] * np.sin((k + 1) * phase + offset + 0.4)
    resonance_hz = rng.uniform(290.0, 380.0)
    if state == "bearing":
        impacts = _ringing(rng, t, 3.57 * shaft_hz, resonance_hz, rng.uniform(60, 120), 0.02)
        axes += severity * np.outer(impacts, [0.55, 0.45, 0.20])
    elif state == "looseness":
        half = np.sin(0.5 * phase + rng.uniform(0, 2 * np.pi))
        axes[:, 0] += 0.30 * severity * half
        axes[:, 1] += 0.25 * severity * half
        axes = np.clip(axes, -0.45, 0.45) + 0.10 * severity * np.sign(axes) * (np.abs(axes) > 0.40)
    axes += rng.uniform(0.02, 0.07) * rng.standard_normal(axes.shape)
    # Passers-by and neighbours: a knock or a hum that means nothing.
    if rng.uniform() < 0.3:
        axes += 0.3 * np.outer(_ringing(rng, t, 1.5, rng.uniform(60, 200), 25.0, 0.2), rng.uniform(0.2, 1.0, size=3))
    axes += rng.uniform(0.0, 0.05) * np.sin(2 * np.pi * 50.0 * t + rng.uniform(0, 6.3))[:, np.newaxis]
    return axes


def _set(seed, per_class):
    rng = np.random.RandomState(seed)
    x = np.stack([window(rng, state) for _ in range(per_class) for state in LABELS])
    y = np.tile(np.arange(len(LABELS)), per_class)
    return np.clip(x, -2.0, 2.0).astype(np.float32)[:, np.newaxis], y  # a sensor of +-2 g


def data():
    """(train x, train y), (test x, test y): windows [n, 1, 1024, 3] in g, from two seeds."""
    return _set(11, 500), _set(12, 200)


def network(batch):
    layers = tf.keras.layers

    def convolution(x, filters, kernel, stride=1):
        x = layers.Conv2D(filters, (1, kernel), strides=(1, stride), padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    def depthwise(x):
        x = layers.DepthwiseConv2D((1, 9), padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    signal = layers.Input((1, SAMPLES, 3), batch_size=batch, name="acceleration")
    x = convolution(signal, 24, 9, 2)
    x = layers.MaxPooling2D((1, 2))(depthwise(x))
    x = convolution(x, 32, 1)
    x = layers.MaxPooling2D((1, 4))(depthwise(x))
    x = convolution(x, 48, 1)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(len(LABELS))(x)
    return tf.keras.Model(signal, layers.Softmax()(x))
