"""Makes the files beside it: a small Keras model in each way that Keras 3 writes it, and what it computes.

Run with Keras 3.15 on torch (`KERAS_BACKEND=torch python make.py`). The model was trained a little, so that
the statistics of its normalisation are not those of a fresh one, and its optimizer stands in the files.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

HERE = Path(__file__).parent

keras.utils.set_random_seed(7)
sequence = keras.Input((20, 4), name="sequence")
x = layers.Conv1D(6, 5, padding="same", name="stem")(sequence)
x = layers.BatchNormalization(name="stem_norm")(x)
x = layers.Activation("relu")(x)
x = layers.Conv1D(3, 3, padding="same", dilation_rate=2, name="dilated")(x)
x = layers.LayerNormalization(name="last_norm")(x)
x = layers.Dense(2, name="head")(x)
model = keras.Model(sequence, x)
model.compile("sgd", "mse")
inputs = np.random.default_rng(1).normal(size=(3, 20, 4)).astype("f4")
model.fit(inputs, np.ones((3, 20, 2)), epochs=5, verbose=0)
for name in ("small.h5", "small.keras"):
    model.save(HERE / name)
model.save_weights(HERE / "small.weights.h5")
np.savez(HERE / "small.npz", **{weight.path: weight.numpy() for weight in model.weights})
np.savez(HERE / "outputs.npz", inputs=inputs, outputs=model.predict(inputs, verbose=0))
