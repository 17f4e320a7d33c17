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
from nnlite.layers._conv import Conv2D
from nnlite.layers._dense import Dense
from nnlite.layers._input import Input
from nnlite.layers._merge import Add, Average, Concatenate, Dot, Lambda, Maximum, Multiply, Subtract
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
    "Add",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "Concatenate",
    "Conv2D",
    "Dense",
    "Dot",
    "Dropout",
    "Flatten",
    "Input",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Maxout",
    "Module",
    "Multiply",
    "PReLU",
    "ReLU",
    "Reshape",
    "SiLU",
    "Softmax",
    "Softplus",
    "Subtract",
]
