"""Batches of samples, which may be a sparse matrix, and the penalised loss on one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from nnlite.autograd import Tensor
from nnlite.layers import Dense
from nnlite.losses import Loss
from nnlite.models import Sequential

__all__ = ["Batch", "PenalizedLoss", "output_of", "taken", "total_weight"]

Batch = tuple[Any, NDArray[Any], NDArray[Any] | None]  # inputs (sparse or not), targets, weights

_PREDICTED_AT_ONCE = 1024


class PenalizedLoss:
    """The loss of a batch with alpha / 2 * sum(W**2) / (sum of the weights) for the kernels W of a network.

    Called on a batch, it gives the loss and leaves its gradient in the parameters.
    """

    def __init__(self, network: Sequential, loss: Loss, scale: float, alpha: float) -> None:
        self._network, self._loss, self._scale, self._alpha = network, loss, scale, alpha
        self._parameters = list(network.parameters())
        self._kernels = [layer.kernel for layer in network.layers if isinstance(layer, Dense)]

    def __call__(self, batch: Batch) -> float:
        x, targets, weight = batch
        for parameter in self._parameters:
            parameter.grad = None
        loss = self._loss(targets, self._network(Tensor(_dense(x))), weight)
        loss.backward(np.asarray(self._scale, loss.dtype))
        value: float = self._scale * loss.item()
        share = self._alpha / (total_weight(batch) or 1)
        for kernel in self._kernels:
            assert kernel.grad is not None
            value += share / 2 * float(np.vdot(kernel.data, kernel.data))
            kernel.grad += share * kernel.data
        return value


def output_of(network: Sequential, X: Any) -> NDArray[Any]:
    """Return the output (N, outputs) of a network for an array or a sparse matrix."""
    parts = gen_batches(X.shape[0], _PREDICTED_AT_ONCE)
    return np.concatenate([network.predict(_dense(X[part]), _PREDICTED_AT_ONCE) for part in parts])


def taken(data: Batch, index: NDArray[Any]) -> Batch:
    """Return some of the samples."""
    x, targets, weight = data
    return x[index], targets[index], None if weight is None else weight[index]


def total_weight(batch: Batch) -> float:
    """Return how much the samples weigh together."""
    _, targets, weight = batch
    return float(len(targets) if weight is None else weight.sum())


def _dense(x: Any) -> NDArray[Any]:
    """Return a batch as an array, also where the samples are a sparse matrix."""
    array: NDArray[Any] = x if isinstance(x, np.ndarray) else x.toarray()
    return array
