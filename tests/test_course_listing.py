"""The course's Keras listing for MNIST, word for word but for its imports, on a slice of the data."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nnlite.datasets import digits, mnist

Split = tuple[NDArray[Any], NDArray[Any]]

LISTING = """
from nnlite.models import Sequential
from nnlite.layers import Dense, Conv2D, MaxPooling2D, Flatten
from nnlite.datasets import mnist
from nnlite.utils import to_categorical

(x_train, y_train), (x_test, y_test) = mnist.load_data()

x_train = x_train.reshape((x_train.shape[0], 28, 28, 1))
x_test = x_test.reshape((x_test.shape[0], 28, 28, 1))
x_train = x_train.astype('float32') / 255
x_test = x_test.astype('float32') / 255

y_train = to_categorical(y_train)
y_test = to_categorical(y_test)

model = Sequential()
model.add(Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(66, (3, 3), activation='relu'))
model.add(Flatten())
model.add(Dense(64, activation='relu'))
model.add(Dense(10, activation='softmax'))
model.summary()

model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(x_train, y_train, epochs=3, batch_size=64, validation_data=(x_test, y_test))

test_loss, test_acc = model.evaluate(x_test, y_test)
print('test_acc:', test_acc)
"""


def slice_of_mnist() -> tuple[Split, Split] | None:
    """Return the first 2,000 and 500 images if the files are at hand; nothing is downloaded for a test."""
    root = os.environ.get("NNLITE_DATA")
    if not root or not any(Path(root, "mnist").glob("train-images-idx3-ubyte*")):
        return None
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    return (x_train[:2000], y_train[:2000]), (x_test[:500], y_test[:500])


def enlarged_digits() -> tuple[Split, Split]:
    """Return scikit-learn's 8x8 digits, three times as large and with a margin, as MNIST would have them."""
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    images = [
        np.pad(np.kron(x * (255 / 16), np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2))).astype("uint8")
        for x in (x_train, x_test)
    ]
    return (images[0], y_train.astype("uint8")), (images[1], y_test.astype("uint8"))


def test_the_listing_learns_digits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = slice_of_mnist() or enlarged_digits()
    monkeypatch.setattr(mnist, "load_data", lambda: data)
    names: dict[str, Any] = {}
    exec(LISTING, names)

    assert names["model"].num_parameters() == 95_628
    assert names["test_acc"] > 0.8  # 0.1 by chance
    curves = names["history"].history  # what the course plots
    assert curves["loss"][-1] < curves["loss"][0]
    assert {name: len(values) for name, values in curves.items()} == {
        "loss": 3, "accuracy": 3, "val_loss": 3, "val_accuracy": 3,
    }  # fmt: skip
    assert curves["val_accuracy"][-1] == pytest.approx(names["test_acc"])
    assert f"test_acc: {names['test_acc']}" in capsys.readouterr().out
