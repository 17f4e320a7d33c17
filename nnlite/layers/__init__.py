"""Layers: they own parameters and call `nnlite.functional`; they have no maths of their own."""

from nnlite.layers._activation import (
    ELU,
    GELU,
    SELU,
    Activation,
    LeakyReLU,
    Maxout,
    PReLU,
    ReLU,
    SiLU,
    Softmax,
    Softplus,
)
from nnlite.layers._attention import MultiHeadAttention
from nnlite.layers._conv import Conv2D
from nnlite.layers._dense import Dense
from nnlite.layers._embedding import Embedding
from nnlite.layers._module import Module
from nnlite.layers._noise import Dropout
from nnlite.layers._pooling import AvgPool2D, MaxPool2D
from nnlite.layers._reshape import Flatten, Reshape

# The longer spellings are the same objects.
Layer = Module
AveragePooling2D = AvgPool2D
MaxPooling2D = MaxPool2D

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "AveragePooling2D",
    "AvgPool2D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maxout",
    "Module",
    "MultiHeadAttention",
    "PReLU",
    "ReLU",
    "Reshape",
    "SiLU",
    "Softmax",
    "Softplus",
]
