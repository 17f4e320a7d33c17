"""Tools in PyTorch's spelling."""

from nnlite.nn.utils import rnn

__all__ = [
    "rnn",
]
