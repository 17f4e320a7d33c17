"""Clipping of gradients, between backward and the optimizer's step."""

from collections.abc import Iterable

import numpy as np

from nnlite.autograd import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients down together, in place, if their norm is above `max_norm`; return the norm that they had.

    ``g = g * min(max_norm / (norm + 1e-6), 1)``

    Parameters
    ----------
    parameters : iterable of Tensor, or Tensor
        Those without a gradient are left out.
    max_norm : float
    norm_type : float, default 2
        The order of the norm of all elements; inf for the largest.
    error_if_nonfinite : bool, default False
        Whether a norm that is not finite raises; otherwise it makes NaN of the gradients.

    Raises
    ------
    RuntimeError
        If the norm is not finite, and that is not wanted.

    References
    ----------
    Pascanu, R., Mikolov, T. and Bengio, Y., "On the difficulty of training recurrent neural networks", 2013.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([3.0, 4.0])
    >>> (w * w).sum().backward()
    >>> nl.nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(10.)
    >>> w.grad.round(3)
    array([0.6, 0.8], dtype=float32)
    """
    gradients = [p.grad for p in _listed(parameters) if p.grad is not None]
    norms = np.array([np.linalg.norm(g.reshape(-1), norm_type) for g in gradients])
    total = np.linalg.norm(norms, norm_type) if gradients else np.float32(0)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(f"the norm of order {norm_type} of the gradients is {total}: they cannot be clipped")
    scale = float(max_norm) / (float(total) + 1e-6)
    if not scale >= 1:
        for g in gradients:
            g *= scale
    return Tensor(np.asarray(total))


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Cut off all elements of the gradients at a size, in place.

    Parameters
    ----------
    parameters : iterable of Tensor, or Tensor
    clip_value : float
        Gradients stay within -clip_value and clip_value.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([3.0, -0.25])
    >>> (w * w).sum().backward()
    >>> nl.nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    array([ 1. , -0.5], dtype=float32)
    """
    for p in _listed(parameters):
        if p.grad is not None:
            np.clip(p.grad, -clip_value, clip_value, out=p.grad)


def _listed(parameters: Iterable[Tensor] | Tensor) -> list[Tensor]:
    """Return Tensors as a list."""
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)
