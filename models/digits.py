"""Handwritten digits: scikit-learn's 8 x 8 images and a small residual network for them.

Small enough for a board with 16 KiB of RAM.
"""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

LABELS = [str(d) for d in range(10)]
EPOCHS = 80
BATCH = 32


def data():
    """(train x, train y), (test x, test y): images [n, 8, 8, 1] in 0..1; every fifth is held out."""
    digits = load_digits()
    x = (digits.images[..., np.newaxis] / 16.0).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        x, digits.target, test_size=0.2, stratify=digits.target, random_state=7)
    return (train_x, train_y), (test_x, test_y)


def network(batch):
    layers = tf.keras.layers

    def separable(x, filters, stride):
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
        x = layers.Conv2D(filters, 1, use_bias=False)(x)
        return layers.BatchNormalization()(x)

    image = layers.Input((8, 8, 1), batch_size=batch, name="image")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.ReLU()(separable(x, 32, 2))
    x = layers.ReLU()(layers.Add()([x, separable(x, 32, 1)]))
    x = layers.AveragePooling2D(2)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    x = layers.Dense(10)(x)
    return tf.keras.Model(image, layers.Softmax()(x))
