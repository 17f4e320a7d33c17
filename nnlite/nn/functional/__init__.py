"""`torch.nn.functional` in PyTorch's spelling: its names and argument order, channels first."""

from nnlite.nn.functional._linear import bilinear, linear

__all__ = [
    "bilinear",
    "linear",
]
