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
from nnlite.layers._batch_norm import BatchNorm
from nnlite.layers._conv import Conv1D, Conv2D, Conv3D
from nnlite.layers._conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from nnlite.layers._dense import Dense
from nnlite.layers._depthwise import DepthwiseConv2D, SeparableConv2D
from nnlite.layers._embedding import Embedding
from nnlite.layers._module import Module
from nnlite.layers._noise import Dropout
from nnlite.layers._normalization import GroupNorm, InstanceNorm, LayerNorm
from nnlite.layers._pooling import AvgPool2D, MaxPool2D
from nnlite.layers._reshape import Flatten, Reshape
from nnlite.layers._rms_norm import LocalResponseNorm, RMSNorm
from nnlite.layers._transformer import PositionalEncoding, TransformerDecoder, TransformerEncoder

# The longer spellings are the same objects.
Layer = Module
AveragePooling2D = AvgPool2D
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
MaxPooling2D = MaxPool2D
SeparableConvolution2D = SeparableConv2D
BatchNormalization = BatchNorm
GroupNormalization = GroupNorm
LayerNormalization = LayerNorm
RMSNormalization = RMSNorm

__all__ = [
    "PositionalEncoding",
    "TransformerDecoder",
    "TransformerEncoder",
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "AveragePooling2D",
    "AvgPool2D",
    "Conv1D",
    "Conv1DTranspose",
    "BatchNorm",
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "GroupNormalization",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "LayerNormalization",
    "LeakyReLU",
    "LocalResponseNorm",
    "MaxPool2D",
    "MaxPooling2D",
    "Maxout",
    "Module",
    "MultiHeadAttention",
    "PReLU",
    "RMSNorm",
    "RMSNormalization",
    "ReLU",
    "Reshape",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "SiLU",
    "Softmax",
    "Softplus",
]
