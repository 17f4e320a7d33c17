"""The rows `cnn`, `cnn_predict` and `cnn_one`: the course's MNIST network trained, and predicting many or one."""

from typing import Any

from benchmarks._course_network import keras_network, torch_network
from benchmarks._row import Batch, Network, labels, normal, predicting, training


def as_keras(k: Any) -> tuple[Any, Any]:
    return keras_network(k), k.losses.SparseCategoricalCrossentropy()


def as_torch() -> tuple[Any, Any]:
    from torch import nn

    return torch_network(), nn.CrossEntropyLoss()


def digits(count: int, size: int = 28) -> Batch:
    return Batch(normal(count, size, size, 1), labels(10, count))


NETWORK = Network(as_keras, as_torch)
ROWS = {
    "cnn": training(lambda: digits(64), NETWORK),
    "cnn_predict": predicting(lambda: digits(256), NETWORK),
    "cnn_one": predicting(lambda: digits(1), NETWORK),
}
