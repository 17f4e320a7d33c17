"""The layers in PyTorch's spelling: channels first, its names, arguments, defaults, shapes and initial values.

There is no maths here: modules permute their arguments and call `nnlite.functional`. A state dict that PyTorch saved
loads into the model of the same shape.
"""

from nnlite.autograd import Parameter
from nnlite.layers import Module
from nnlite.nn import functional, init
from nnlite.nn._attention import MultiheadAttention
from nnlite.nn._batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from nnlite.nn._containers import ModuleDict, ModuleList, Sequential
from nnlite.nn._conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nnlite.nn._linear import Bilinear, Identity, Linear
from nnlite.nn._normalization import GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm
from nnlite.nn._rectifier import CELU, ELU, GELU, SELU, Hardswish, LeakyReLU, Mish, PReLU, ReLU, ReLU6, SiLU, Threshold
from nnlite.nn._reshape import Flatten, Unflatten
from nnlite.nn._squashing import (
    GLU,
    Hardshrink,
    Hardsigmoid,
    Hardtanh,
    LogSigmoid,
    LogSoftmax,
    Sigmoid,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
)

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "CELU",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "ELU",
    "Flatten",
    "GELU",
    "GLU",
    "GroupNorm",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "PReLU",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "ReLU6",
    "SELU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "Unflatten",
    "functional",
    "init",
]
