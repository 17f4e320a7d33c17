"""The true files of the campaign against hostile ones: how each kind is made, read, and known to be right."""

from __future__ import annotations

import copy
import gzip
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

import nnlite as nl
from nnlite import io, layers
from nnlite.datasets._idx import read_idx
from nnlite.models import Sequential, load_model

__all__ = ["KINDS", "Kind", "same"]

_GENERATOR = np.random.default_rng(0)


class Kind(NamedTuple):
    """A kind of file."""

    name: str
    make: Callable[[Path], None]
    read: Callable[[Path], Any]  # gives something that `same` compares
    reference: Callable[[Path], Any] | None = None  # another reader, for what has no checksum


def same(one: Any, other: Any) -> bool:
    """Whether two nested structures of arrays and plain values are the same to the bit."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)


def _arrays() -> dict[str, np.ndarray]:
    return {
        "kernel": _GENERATOR.normal(size=(256, 256)).astype(np.float32),
        "half": _GENERATOR.normal(size=(64, 128)).astype(np.float16),
        "counts": _GENERATOR.integers(-(2**62), 2**62, (99, 99)),
        "flags": _GENERATOR.random(1000) < 0.5,
        "nothing": np.zeros((0, 3)),
        "number": np.array(2.5),
    }


ARRAYS = _arrays()
IMAGES = _GENERATOR.integers(0, 256, (2800, 28, 28), np.uint8)


def _model() -> Sequential:
    """A compiled model with some of everything that a file can hold."""
    nl.random.seed(0)
    model = Sequential(
        [
            layers.Dense(256, "relu", input_shape=(128,)),
            layers.BatchNorm(),
            layers.Dropout(0.5, seed=1),
            layers.Dense(9),
        ]
    )
    model.compile(nl.optimizers.Adam(nl.optimizers.schedules.CosineDecay(0.01, 9)), "mse", metrics=["mae"])
    model.train_on_batch(ARRAYS["kernel"][:8, :128], ARRAYS["kernel"][:8, :9])
    return model


def _write_compressed(path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **ARRAYS)  # type: ignore[arg-type]


def _write_idx(path: Path, opener: Callable[..., Any] = open) -> None:
    with opener(path, "wb") as file:
        file.write(struct.pack(">4I", 0x0803, *IMAGES.shape) + IMAGES.tobytes())


def _read_idx(path: Path) -> Any:
    return read_idx(path, max_items=60_000, item_shape=(28, 28))


def _unsigned(path: Path) -> bool:
    """Whether a lie has taken the digest away: then the file is another's, and holds what it says."""
    return b"nnlite.digest" not in path.read_bytes()


def _plain_idx(path: Path) -> Any:
    """Read an IDX file without any check."""
    content = path.read_bytes()
    return np.frombuffer(content[16:], np.uint8).reshape(struct.unpack(">3I", content[4:16]))


def _numpy_npz(path: Path) -> Any:
    with warnings.catch_warnings(), np.load(path, allow_pickle=False) as file:
        warnings.simplefilter("ignore")
        return {name: file[name] for name in file.files}


TARGET = _model()
BEFORE = copy.deepcopy((TARGET.state_dict(), TARGET.optimizer.state_dict()))  # type: ignore[union-attr]


def _restored(path: Path) -> Any:
    """Restore a checkpoint into a model of the same kind, and return what came of it; a refused one changes nothing."""
    TARGET.load_state_dict(BEFORE[0])
    TARGET.optimizer.load_state_dict(BEFORE[1])  # type: ignore[union-attr]
    generators = nl.random.generator(), TARGET[2]._generator  # type: ignore[attr-defined]
    states = [generator.bit_generator.state for generator in generators]
    try:
        notes = io.Checkpoint(TARGET).restore(path)
    except ValueError:
        after = TARGET.state_dict(), TARGET.optimizer.state_dict()  # type: ignore[union-attr]
        if not same(after, BEFORE) or not same([g.bit_generator.state for g in generators], states):
            raise AssertionError("a refused checkpoint changed something") from None
        raise
    states = [generator.bit_generator.state for generator in generators]
    return notes, TARGET.state_dict(), TARGET.optimizer.state_dict(), states  # type: ignore[union-attr]


def _loaded(path: Path) -> Any:
    """Load a model, and return all that came of it."""
    model = load_model(path)
    state = model.optimizer.state_dict() if model.optimizer else None
    return repr(model), repr(model.optimizer), model.state_dict(), state


KINDS = [
    Kind(
        "safetensors",
        lambda path: io.save_safetensors(ARRAYS, path),
        io.load_safetensors,
        lambda path: _unsigned(path) and safetensors.numpy.load_file(path),
    ),
    Kind(
        "foreign safetensors",
        lambda path: safetensors.numpy.save_file(ARRAYS, path, {"format": "np"}),
        io.load_safetensors,
        safetensors.numpy.load_file,
    ),
    Kind("npz", lambda path: io.save_npz(ARRAYS, path), io.load_npz, _numpy_npz),
    Kind("compressed npz", _write_compressed, io.load_npz, _numpy_npz),
    Kind("checkpoint", lambda path: io.Checkpoint(_model()).save(path, epoch=3, logs={"loss": [0.5]}), _restored),
    Kind("saved model", lambda path: _model().save(path), _loaded),
    Kind("idx", _write_idx, _read_idx, _plain_idx),
    Kind("idx.gz", lambda path: _write_idx(path, gzip.open), _read_idx),
]
