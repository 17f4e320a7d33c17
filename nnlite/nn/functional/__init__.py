"""`torch.nn.functional` in PyTorch's spelling: its names and argument order, channels first."""

from nnlite.nn.functional._adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from nnlite.nn.functional._attention import scaled_dot_product_attention
from nnlite.nn.functional._linear import bilinear, linear
from nnlite.nn.functional._noise import alpha_dropout, dropout, dropout2d
from nnlite.nn.functional._pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from nnlite.nn.functional._resize import interpolate, pad, pixel_shuffle

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "bilinear",
    "dropout",
    "dropout2d",
    "interpolate",
    "linear",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "pad",
    "pixel_shuffle",
    "scaled_dot_product_attention",
]
