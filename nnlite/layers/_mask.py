"""Masks: which steps of padded sequences count, remembered by the Tensors that hold the sequences.

`Embedding(mask_zero=True)` gives its output a mask. A layer with `supports_masking` hands it on to its own output, as
do merging and recurrent layers by their `compute_mask`; any other layer lets it go. Recurrent layers, attention and
losses ask for it: they pass over the steps that do not count.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor

__all__ = ["mask_of", "remember_mask"]


def mask_of(x: Any) -> Any:
    """Return the mask of a Tensor, or of each in a list of Tensors; None if there is no mask.

    Parameters
    ----------
    x : Tensor or list of Tensors

    Returns
    -------
    ndarray of bool, shape (N, T), or None
        True for the steps that count. For a list of Tensors a list, with None for those without a mask.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y = nl.layers.Embedding(10, 4, mask_zero=True)(np.array([[3, 5, 0]]))
    >>> mask_of(y)
    array([[ True,  True, False]])
    """
    if isinstance(x, Tensor):
        remembered = x._remembered
        return None if remembered is None else remembered.get("mask")
    if isinstance(x, (list, tuple)):
        masks = [mask_of(item) for item in x]
        return None if all(mask is None for mask in masks) else masks
    return None


def remember_mask(y: Any, mask: Any) -> None:
    """Let a Tensor remember its mask, or each of several Tensors; a mask that is there already stays.

    Parameters
    ----------
    y : Tensor or sequence of Tensors
    mask : ndarray of bool, shape (N, T), or None
        For a sequence of Tensors a list, or the mask of the first.
    """
    if isinstance(y, Tensor):
        if mask is not None and mask_of(y) is None:
            y._remembered = {**(y._remembered or {}), "mask": np.asarray(mask, bool)}
    elif isinstance(y, (list, tuple)) and mask is not None:
        masks: Sequence[NDArray[Any] | None] = mask if isinstance(mask, (list, tuple)) else [mask]
        for output, its_mask in zip(y, masks, strict=False):
            remember_mask(output, its_mask)
