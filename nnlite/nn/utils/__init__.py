"""Help for loops of one's own: clipping gradients, parameters as one vector, sequences of different lengths."""

from nnlite.nn.utils import rnn
from nnlite.nn.utils._clip_grad import clip_grad_norm_, clip_grad_value_
from nnlite.nn.utils._convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "rnn", "vector_to_parameters"]
