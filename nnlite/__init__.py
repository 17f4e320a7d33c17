"""nnlite: a deep-learning library on NumPy and SciPy alone."""

import importlib
from typing import TYPE_CHECKING, Any

from nnlite import (
    callbacks,
    constraints,
    data,
    datasets,
    functional,
    initializers,
    io,
    layers,
    losses,
    metrics,
    models,
    nn,
    optim,
    optimizers,
    random,
    regularizers,
    utils,
)
from nnlite.autograd import (
    GradientError,
    Parameter,
    Tensor,
    check_grads,
    checkpoint,
    detect_anomaly,
    differentiable,
    draw_graph,
    enable_grad,
    grad,
    hessian,
    hvp,
    is_grad_enabled,
    jacobian,
    jvp,
    no_grad,
    set_default_dtype,
    tensor,
    vjp,
)
from nnlite.kernels.parallel import get_num_threads, set_num_threads
from nnlite.kernels.workspace import clear_workspace

if TYPE_CHECKING:
    from nnlite import plotting as plotting

__version__ = "0.1.0"

_WITH_EXTRAS = frozenset({"plotting", "sklearn"})  # need an optional package: imported when first asked for

__all__ = [
    "GradientError",
    "Parameter",
    "Tensor",
    "__version__",
    "callbacks",
    "check_grads",
    "checkpoint",
    "clear_workspace",
    "constraints",
    "data",
    "datasets",
    "detect_anomaly",
    "differentiable",
    "draw_graph",
    "enable_grad",
    "functional",
    "get_num_threads",
    "grad",
    "hessian",
    "hvp",
    "initializers",
    "io",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "layers",
    "losses",
    "metrics",
    "models",
    "nn",
    "no_grad",
    "optim",
    "optimizers",
    "random",
    "regularizers",
    "set_default_dtype",
    "set_num_threads",
    "tensor",
    "utils",
    "vjp",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Import an optional module: `nl.plotting` works as `from nnlite import plotting` does."""
        if name in _WITH_EXTRAS:
            return importlib.import_module(f"nnlite.{name}")
        raise AttributeError(f"module 'nnlite' has no attribute {name!r}")
