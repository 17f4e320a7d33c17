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
from nnlite.layers._global_pooling import (
    AdaptiveAvgPool2D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
)
from nnlite.layers._input import Input
from nnlite.layers._merge import Add, Average, Concatenate, Dot, Lambda, Maximum, Multiply, Subtract
from nnlite.layers._module import Module
from nnlite.layers._noise import AlphaDropout, Dropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D
from nnlite.layers._normalization import GroupNorm, InstanceNorm, LayerNorm
from nnlite.layers._pooling import AvgPool1D, AvgPool2D, AvgPool3D, MaxPool1D, MaxPool2D, MaxPool3D
from nnlite.layers._recurrent import RNN
from nnlite.layers._recurrent_cells import GRUCell, LSTMCell, SimpleRNNCell
from nnlite.layers._recurrent_layers import GRU, LSTM, SimpleRNN
from nnlite.layers._reshape import Flatten, Permute, RepeatVector, Reshape
from nnlite.layers._resize import Cropping2D, UpSampling1D, UpSampling2D, ZeroPadding1D, ZeroPadding2D
from nnlite.layers._rms_norm import LocalResponseNorm, RMSNorm
from nnlite.layers._transformer import PositionalEncoding, TransformerDecoder, TransformerEncoder
from nnlite.layers._wrappers import Bidirectional, TimeDistributed

# The longer spellings are the same objects.
AdaptiveAveragePooling2D = AdaptiveAvgPool2D
AveragePooling1D = AvgPool1D
AveragePooling2D = AvgPool2D
AveragePooling3D = AvgPool3D
BatchNormalization = BatchNorm
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
GlobalAveragePooling1D = GlobalAvgPool1D
GlobalAveragePooling2D = GlobalAvgPool2D
GlobalAveragePooling3D = GlobalAvgPool3D
GlobalMaxPooling1D = GlobalMaxPool1D
GlobalMaxPooling2D = GlobalMaxPool2D
GlobalMaxPooling3D = GlobalMaxPool3D
GroupNormalization = GroupNorm
Layer = Module
LayerNormalization = LayerNorm
MaxPooling1D = MaxPool1D
MaxPooling2D = MaxPool2D
MaxPooling3D = MaxPool3D
RMSNormalization = RMSNorm
SeparableConvolution2D = SeparableConv2D

__all__ = [
    "Activation",
    "AdaptiveAveragePooling2D",
    "AdaptiveAvgPool2D",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNorm",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
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
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "GRU",
    "GRUCell",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNorm",
    "GroupNormalization",
    "Input",
    "InstanceNorm",
    "LSTM",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNorm",
    "LayerNormalization",
    "LeakyReLU",
    "LocalResponseNorm",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Maxout",
    "Module",
    "MultiHeadAttention",
    "Multiply",
    "PReLU",
    "Permute",
    "PositionalEncoding",
    "RMSNorm",
    "RMSNormalization",
    "RNN",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "SELU",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "SiLU",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "Softplus",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Subtract",
    "TimeDistributed",
    "TransformerDecoder",
    "TransformerEncoder",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
]
