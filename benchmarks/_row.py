"""What a row of the benchmarks is: one piece of work, and a step of it in each library.

nnlite and Keras share a spelling, so one function builds the network of both: it takes the library, `nnlite` or
`keras`, and returns model and loss. Another builds PyTorch's.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Batch", "Network", "Row", "Step", "labels", "normal", "predicting", "training"]

Step = Callable[[], object]


class Batch(NamedTuple):
    """Inputs and targets; images are channels last, class labels integers."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Network:
    """A model and its loss in both spellings; nothing is imported before they are called."""

    as_keras: Callable[[Any], tuple[Any, Any]]  # takes nnlite, or keras where `keras_has_it`
    as_torch: Callable[[], tuple[Any, Any]]
    keras_has_it: bool = True


@dataclass(frozen=True)
class Row:
    """The parts that a row is made of (one, or several settings), each with a function for each library.

    The function makes a step, which is called again and again; it does `count` things of the unit that is reported.
    Where `tells_seconds`, what a step returns counts in place of the time that it took. `work` is what the steps of a
    network are made of.
    """

    parts: Mapping[str, Mapping[str, Callable[[], Step]]]
    count: int = 1
    tells_seconds: bool = False
    work: tuple[Callable[[], Batch], Network] | None = None


def training(
    batch: Callable[[], Batch], network: Network, *, optimizer: str = "Adam", rate: float = 1e-3, **settings: float
) -> Row:
    """Return the row of a training step: forward, loss, backward, update."""

    def nnlite_step() -> Step:
        import nnlite as nl

        x, y = batch()
        model, loss_function = network.as_keras(nl)
        model(x)  # makes the parameters
        update = getattr(nl.optimizers, optimizer)(rate, parameters=model.parameters(), **settings)

        def step() -> float:
            loss = loss_function(y, model(x))
            loss.backward()
            update.step()
            update.zero_grad()
            return float(loss.item())

        return step

    def torch_step(best: bool) -> Step:
        import torch

        x, y = (_as_torch(array, best) for array in batch())
        model, loss_function = network.as_torch()
        if best:
            model = model.to(memory_format=torch.channels_last)
        update = getattr(torch.optim, optimizer)(model.parameters(), lr=rate, **settings, **_fused(best))

        def step() -> float:
            loss = loss_function(model(x), y)
            loss.backward()
            update.step()
            update.zero_grad()
            return float(loss.item())

        return step

    def keras_step() -> Step:
        import keras

        x, y = batch()
        model, loss_function = network.as_keras(keras)
        model.compile(getattr(keras.optimizers, optimizer)(rate, **settings), loss_function)
        return lambda: float(model.train_on_batch(x, y))

    return _row(batch, network, nnlite_step, torch_step, keras_step)


def predicting(batch: Callable[[], Batch], network: Network) -> Row:
    """Return the row of a prediction for the whole batch at once: class probabilities as an array."""

    def step_as_keras(library: Any) -> Step:
        x, _ = batch()
        model, _ = network.as_keras(library)
        return lambda: model.predict(x, batch_size=len(x), verbose=0)

    def nnlite_step() -> Step:
        import nnlite

        return step_as_keras(nnlite)

    def keras_step() -> Step:
        import keras

        return step_as_keras(keras)

    def torch_step(best: bool) -> Step:
        import torch

        x = _as_torch(batch().x, best)
        model, _ = network.as_torch()
        model.eval()
        if best:
            model = model.to(memory_format=torch.channels_last)
        without_gradients = torch.inference_mode if best else torch.no_grad

        def step() -> Any:
            with without_gradients():
                return model(x).softmax(1).numpy()

        return step

    return _row(batch, network, nnlite_step, torch_step, keras_step)


def _row(
    batch: Callable[[], Batch],
    network: Network,
    nnlite_step: Callable[[], Step],
    torch_step: Callable[[bool], Step],
    keras_step: Callable[[], Step],
) -> Row:
    steps = {"nnlite": nnlite_step, "torch": lambda: torch_step(False), "torch_best": lambda: torch_step(True)}
    if network.keras_has_it:
        steps["keras"] = keras_step
    return Row({"": steps}, work=(batch, network))


def _fused(best: bool) -> dict[str, bool]:
    """Return the setting for one fused update; without it PyTorch chooses by itself."""
    return {"fused": True} if best else {}


def _as_torch(array: np.ndarray, channels_last: bool) -> Any:
    """Return a tensor; images get PyTorch's axes, in the one memory order or the other."""
    import torch

    if array.ndim != 4:
        return torch.from_numpy(array)
    images = torch.from_numpy(np.ascontiguousarray(array.transpose(0, 3, 1, 2)))
    return images.contiguous(memory_format=torch.channels_last) if channels_last else images


def normal(*shape: int) -> np.ndarray:
    """Return normally distributed float32 numbers, the same ones each time."""
    return np.random.default_rng(math.prod(shape)).normal(size=shape).astype(np.float32)


def labels(count: int, *shape: int) -> np.ndarray:
    """Return integers under `count`, the same ones each time."""
    return np.random.default_rng(count).integers(0, count, shape)
