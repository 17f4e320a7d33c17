"""Which libraries are there, and how many threads they compute with."""

import importlib.util
import os
from importlib.metadata import version

__all__ = ["installed", "set_threads", "versions"]

DISTRIBUTIONS = {"nnlite": "nnlite", "torch": "torch", "torch_best": "torch", "keras": "tensorflow"}


def installed() -> list[str]:
    """Return the libraries that can be measured here."""
    return [name for name, package in DISTRIBUTIONS.items() if importlib.util.find_spec(package) is not None]


def set_threads(library: str, threads: int) -> None:
    """Import a library and let it compute with so many threads."""
    if library == "nnlite":
        import nnlite

        nnlite.set_num_threads(threads)
    elif library == "keras":
        os.environ["KERAS_BACKEND"] = "tensorflow"  # before Keras is imported
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
        import keras  # noqa: F401
    else:
        import torch

        torch.set_num_threads(threads)


def versions(libraries: list[str]) -> dict[str, str]:
    """Return the versions of the libraries, and of what nnlite stands on."""
    return {name: version(name) for name in sorted({"numpy", "scipy", *(DISTRIBUTIONS[name] for name in libraries)})}
