"""The way back from probabilities to the logits that they were computed from."""

import numpy as np

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array

__all__ = ["divided", "logits_behind", "remembered_logits"]

_EPSILON = 1e-7  # probabilities count as at least this far from 0 and 1 where they are divided by


def logits_behind(p: Tensor, activation: str) -> Tensor | None:
    """Return the logits of probabilities p, exact also where p is rounded to 0 or 1; None if they are not known.

    The gradient goes to the logits straight away, past the activation, unless p has a hook, retains its gradient, or
    is what `grad` is asked about: then it goes through p.

    Parameters
    ----------
    p : Tensor
        The output of `sigmoid`, or of `softmax` over the last axis.
    activation : {"softmax", "sigmoid"}
        Which of the two it has to be.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> from nnlite.functional._logits import logits_behind
    >>> logits_behind(F.softmax(nl.tensor([0.0, 1000.0])), "softmax")
    tensor([   0., 1000.])
    """
    logits = remembered_logits(p, activation)
    if logits is None or not p.requires_grad:
        return logits
    known: Tensor = _of_softmax(p, logits) if activation == "softmax" else _of_sigmoid(p, logits)
    return known


def remembered_logits(p: Tensor, activation: str) -> Tensor | None:
    """Return the logits themselves: for a function that takes both p and them, and says how the gradient goes.

    None if they are not known, or if they are a leaf that was changed since.

    Parameters
    ----------
    p : Tensor
    activation : {"softmax", "sigmoid"}
        As for `logits_behind`.
    """
    remembered = p._remembered
    logits: Tensor | None = None if remembered is None else remembered.get(activation)
    if remembered is None or logits is None or logits._version != remembered["version"]:
        return None
    if p.requires_grad:
        return logits
    return logits.detach()  # p may be a constant although the logits are none


@differentiable(shortcut=True)
def _of_softmax(p: Array, logits: Array) -> Array:
    """Return the logits of p = softmax(logits); a number added to all of them changes nothing."""
    return logits, (lambda g, needs: (divided(g, p) if needs[0] else None, g if needs[1] else None))


@_of_softmax.composite
def _log(p: Array, logits: Array) -> Array:
    return np.log(np.clip(p, _EPSILON, 1))


@differentiable(shortcut=True)
def _of_sigmoid(p: Array, logits: Array) -> Array:
    """Return the logits of p = sigmoid(logits)."""
    return logits, (lambda g, needs: (divided(g, p * (1 - p)) if needs[0] else None, g if needs[1] else None))


@_of_sigmoid.composite
def _logit(p: Array, logits: Array) -> Array:
    inside = np.clip(p, _EPSILON, 1 - _EPSILON)
    return np.log(inside) - np.log1p(-inside)


def divided(g: Array, slope: Array) -> Array:
    """Return g / slope where that is no division by zero."""
    return g / np.clip(slope, _EPSILON, None)
