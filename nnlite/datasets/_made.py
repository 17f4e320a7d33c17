"""Data sets that are made, not measured."""

import numpy as np
from numpy.typing import NDArray

from nnlite import random

__all__ = ["make_counting", "make_xor"]

_MAX_BITS = 20  # a million rows

Made = tuple[NDArray[np.float32], NDArray[np.float32]]


def make_xor(n_samples: int = 4, noise: float = 0.0, seed: random.Seed = None) -> Made:
    """Make the exclusive or: points around the corners of the unit square, 1 where exactly one coordinate is 1.

        y = x[0] xor x[1]

    Parameters
    ----------
    n_samples : int, default 4
        Number of points, at least one for each corner; they go round the corners in turn.
    noise : float, default 0.0
        Standard deviation of the Gaussian noise on each coordinate, in sides of the square.
    seed : int or numpy.random.Generator, optional
        Seed of the noise; by default it comes from `nnlite.random`.

    Returns
    -------
    x : ndarray of float32, shape (n_samples, 2)
        The points.
    y : ndarray of float32, shape (n_samples,)
        The exclusive or of the corner that each point belongs to, 0 or 1.

    Raises
    ------
    ValueError
        If `n_samples` is below 4 or `noise` below 0.

    Examples
    --------
    >>> x, y = make_xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    if n_samples < 4:
        raise ValueError(f"make_xor: `n_samples` (={n_samples}) must be at least 4, one for each corner")
    if not noise >= 0:
        raise ValueError(f"make_xor: `noise` (={noise}) must not be negative")
    corners, ones = make_counting(bits=2)
    x = np.resize(corners, (n_samples, 2))  # repeats the corners
    y = np.resize(ones % 2, n_samples)
    if noise > 0:
        generator = random.draw_from(random.from_seed(seed))
        x = x + generator.normal(0.0, noise, x.shape).astype(np.float32)
    return x, y


def make_counting(bits: int = 3) -> Made:
    """Make every binary vector of some length, with the number of its ones.

        y = x[0] + x[1] + ... + x[bits - 1]

    Parameters
    ----------
    bits : int, default 3
        Length of the vectors, 1 to 20.

    Returns
    -------
    x : ndarray of float32, shape (2**bits, bits)
        The vectors in the order of the binary numbers, the first bit weighing most.
    y : ndarray of float32, shape (2**bits,)
        How many ones each has.

    Raises
    ------
    ValueError
        If `bits` is not from 1 to 20.

    Examples
    --------
    >>> x, y = make_counting(bits=2)
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 2.0])
    """
    if not 1 <= bits <= _MAX_BITS:
        raise ValueError(f"make_counting: `bits` (={bits}) must be from 1 to {_MAX_BITS}")
    weights = np.arange(bits - 1, -1, -1)
    x = (np.arange(2**bits)[:, None] >> weights & 1).astype(np.float32)  # (2**bits, bits)
    return x, x.sum(axis=1)
