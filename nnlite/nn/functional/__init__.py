"""`torch.nn.functional` in PyTorch's spelling: its names and argument order, channels first."""

from nnlite.nn.functional._attention import scaled_dot_product_attention
from nnlite.nn.functional._conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    fold,
    unfold,
)
from nnlite.nn.functional._linear import bilinear, linear

__all__ = [
    "bilinear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "fold",
    "linear",
    "unfold",
    "scaled_dot_product_attention",
]
