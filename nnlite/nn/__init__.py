"""The layers in PyTorch's spelling: channels first, its names, arguments, defaults, shapes and initial values.

There is no maths here: modules permute their arguments and call `nnlite.functional`. A state dict that PyTorch saved
loads into the model of the same shape.
"""

from nnlite.autograd import Parameter
from nnlite.layers import Module
from nnlite.nn import functional, init
from nnlite.nn._adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from nnlite.nn._attention import MultiheadAttention
from nnlite.nn._containers import ModuleDict, ModuleList, Sequential
from nnlite.nn._linear import Bilinear, Identity, Linear
from nnlite.nn._noise import AlphaDropout, Dropout, Dropout2d
from nnlite.nn._pooling import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from nnlite.nn._reshape import Flatten, Unflatten
from nnlite.nn._resize import PixelShuffle, Upsample, ZeroPad2d

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "Bilinear",
    "Dropout",
    "Dropout2d",
    "Flatten",
    "Identity",
    "Linear",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "Parameter",
    "PixelShuffle",
    "Sequential",
    "Unflatten",
    "Upsample",
    "ZeroPad2d",
    "functional",
    "init",
]
