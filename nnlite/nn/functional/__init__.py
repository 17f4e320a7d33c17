"""`torch.nn.functional` in PyTorch's spelling: its names and argument order, channels first."""

from nnlite.nn.functional._attention import scaled_dot_product_attention
from nnlite.nn.functional._embedding import embedding
from nnlite.nn.functional._linear import bilinear, linear

__all__ = [
    "bilinear",
    "embedding",
    "linear",
    "scaled_dot_product_attention",
]
