"""The layers in PyTorch's spelling: channels first, its names, arguments, defaults, shapes and initial values.

There is no maths here: modules permute their arguments and call `nnlite.functional`. A state dict that PyTorch saved
loads into the model of the same shape.
"""

from nnlite.autograd import Parameter
from nnlite.layers import Module
from nnlite.nn import functional, init, utils
from nnlite.nn._attention import MultiheadAttention
from nnlite.nn._containers import ModuleDict, ModuleList, Sequential
from nnlite.nn._linear import Bilinear, Identity, Linear
from nnlite.nn._reshape import Flatten, Unflatten

__all__ = [
    "Bilinear",
    "Flatten",
    "Identity",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "Parameter",
    "Sequential",
    "Unflatten",
    "functional",
    "init",
    "utils",
]
