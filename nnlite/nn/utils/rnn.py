"""Sequences of different lengths in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.autograd import Tensor

__all__ = ["PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence"]


class PackedSequence:
    """Sequences that know their lengths: what recurrent modules take for, and give for, padded batches.

    Made by `pack_padded_sequence` and `pack_sequence`. The sequences stay in the order in which they came.

    Attributes
    ----------
    padded : Tensor, shape (N, T, ...)
        The sequences, padded to the length T of the longest.
    lengths : ndarray of int, shape (N,)
    """

    def __init__(self, padded: Tensor, lengths: NDArray[Any]) -> None:
        self.padded, self.lengths = padded, lengths

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True for the steps that are no padding, (N, T)."""
        mask: NDArray[np.bool_] = np.arange(self.padded.shape[1]) < self.lengths[:, None]
        return mask


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Join padded sequences with their lengths.

    Parameters
    ----------
    input : Tensor, shape (T, N, ...), or (N, T, ...) if `batch_first`
    lengths : array of int, shape (N,)
    batch_first : bool, default False
    enforce_sorted : bool, default True
        Require the longest sequence first, as PyTorch does; nothing here depends on it.

    Raises
    ------
    ValueError
        If the lengths do not fit the sequences, or are not sorted although they should be.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> from nnlite.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
    >>> packed = pack_padded_sequence(nl.tensor(np.ones((3, 2, 4), np.float32)), [3, 1])
    >>> (y, h) = nl.nn.GRU(4, 5)(packed)
    >>> pad_packed_sequence(y)[0].shape
    (3, 2, 5)
    """
    x = input if isinstance(input, Tensor) else Tensor(input)
    if x.ndim < 2:
        raise ValueError(f"pack_padded_sequence() expected sequences of two axes or more, got shape {x.shape}")
    x = x if batch_first else x.swapaxes(0, 1)
    known = np.asarray(lengths.data if isinstance(lengths, Tensor) else lengths).astype(np.int64)
    if known.shape != x.shape[:1] or (known.size and not 1 <= known.min() <= known.max() <= x.shape[1]):
        raise ValueError(
            f"pack_padded_sequence() expected {x.shape[0]} lengths from 1 to {x.shape[1]}, got {known.tolist()}"
        )
    if enforce_sorted and (np.diff(known) > 0).any():
        raise ValueError(
            f"pack_padded_sequence() expected the longest sequence first, got lengths {known.tolist()}; "
            "enforce_sorted=False takes any order"
        )
    return PackedSequence(x[:, : int(known.max(initial=0))], known)


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Join sequences of shapes (T_i, ...) into one batch.

    Examples
    --------
    >>> import nnlite as nl
    >>> pack_sequence([nl.tensor([1.0, 2.0, 3.0]), nl.tensor([4.0])]).lengths.tolist()
    [3, 1]
    """
    return pack_padded_sequence(
        pad_sequence(sequences, batch_first=True), [len(sequence) for sequence in sequences], True, enforce_sorted
    )


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, NDArray[Any]]:
    """Return padded sequences and their lengths.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool, default False
        Return (N, T, ...) instead of (T, N, ...).
    padding_value : float, default 0
        What stands behind the end of a sequence.
    total_length : int, optional
        Pad to this length, and not only to that of the longest sequence.

    Raises
    ------
    ValueError
        If `total_length` is less than the longest sequence.
    """
    x, mask = sequence.padded, sequence.mask
    x = F.where(mask.reshape(*mask.shape, *(1,) * (x.ndim - 2)), x, padding_value)
    if total_length is not None:
        missing = total_length - x.shape[1]
        if missing < 0:
            raise ValueError(
                f"pad_packed_sequence() expected total_length of at least {x.shape[1]}, got total_length={total_length}"
            )
        x = F.pad(x, [(0, 0), (0, missing), *[(0, 0)] * (x.ndim - 2)], constant_values=padding_value)
    return x if batch_first else x.swapaxes(0, 1), sequence.lengths


def pad_sequence(sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0) -> Tensor:
    """Stack sequences of shapes (T_i, ...), filled up to the longest.

    Examples
    --------
    >>> import nnlite as nl
    >>> pad_sequence([nl.tensor([1.0, 2.0]), nl.tensor([3.0])], batch_first=True)
    tensor([[1., 2.],
            [3., 0.]])
    """
    longest = max(len(sequence) for sequence in sequences)
    padded = [
        F.pad(x, [(0, longest - len(x)), *[(0, 0)] * (x.ndim - 1)], constant_values=padding_value) for x in sequences
    ]
    stacked: Tensor = F.stack(padded, axis=0 if batch_first else 1)
    return stacked
