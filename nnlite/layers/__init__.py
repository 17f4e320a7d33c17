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
from nnlite.layers._embedding import Embedding
from nnlite.layers._module import Module
from nnlite.layers._noise import Dropout
from nnlite.layers._pooling import AvgPool2D, MaxPool2D
from nnlite.layers._recurrent import GRU, LSTM, RNN, SimpleRNN
from nnlite.layers._recurrent_cells import GRUCell, LSTMCell, SimpleRNNCell
from nnlite.layers._reshape import Flatten, Reshape
from nnlite.layers._wrappers import Bidirectional, TimeDistributed

# The longer spellings are the same objects.
Layer = Module
AveragePooling2D = AvgPool2D
MaxPooling2D = MaxPool2D

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "Activation",
    "AveragePooling2D",
    "AvgPool2D",
    "Bidirectional",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "LSTMCell",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maxout",
    "Module",
    "PReLU",
    "ReLU",
    "Reshape",
    "SiLU",
    "SimpleRNN",
    "SimpleRNNCell",
    "TimeDistributed",
    "Softmax",
    "Softplus",
]
