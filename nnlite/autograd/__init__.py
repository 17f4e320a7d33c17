"""The engine: reverse-mode automatic differentiation of NumPy code. It knows nothing of layers."""

from nnlite.autograd._check import GradientError, check_grads
from nnlite.autograd._draw import draw_graph
from nnlite.autograd._mode import detect_anomaly, enable_grad, is_grad_enabled, is_recomputing, no_grad
from nnlite.autograd._recording import differentiable, nondifferentiable
from nnlite.autograd._tensor import Parameter, Tensor, default_dtype, set_default_dtype, tensor
from nnlite.autograd._transforms import checkpoint, hessian, hvp, jacobian, jvp, vjp
from nnlite.autograd._walk import backward, grad

__all__ = [
    "GradientError",
    "Parameter",
    "Tensor",
    "backward",
    "check_grads",
    "checkpoint",
    "default_dtype",
    "detect_anomaly",
    "differentiable",
    "draw_graph",
    "enable_grad",
    "grad",
    "hessian",
    "hvp",
    "is_grad_enabled",
    "is_recomputing",
    "jacobian",
    "jvp",
    "no_grad",
    "nondifferentiable",
    "set_default_dtype",
    "tensor",
    "vjp",
]
