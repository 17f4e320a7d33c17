"""Points in the plane and on a curve, made for classification and regression."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite import random

__all__ = ["make_blobs", "make_moons", "make_sine", "make_spirals"]

Points = NDArray[np.float32]
Labels = NDArray[np.int64]

_BOX = 10.0  # centres of blobs lie between minus this and this


def make_moons(n_samples: int = 100, noise: float = 0.0, seed: random.Seed = None) -> tuple[Points, Labels]:
    """Make two half circles that reach into each other.

        x = (cos t, sin t),  y = 0      x = (1 - cos t, 1/2 - sin t),  y = 1      0 <= t <= pi

    Parameters
    ----------
    n_samples : int, default 100
        Number of points, half of them on each half circle; at least 2.
    noise : float, default 0.0
        Standard deviation of the Gaussian noise on each coordinate.
    seed : int or numpy.random.Generator, optional
        Of the order and the noise; by default they come from `nnlite.random`.

    Returns
    -------
    x : ndarray of float32, shape (n_samples, 2)
        The points, shuffled.
    y : ndarray of int64, shape (n_samples,)
        The half circle of each, 0 or 1.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = make_moons(200, noise=0.1, seed=0)
    >>> x.shape, np.bincount(y)
    ((200, 2), array([100, 100]))
    """
    generator = _checked("make_moons", n_samples, 2, noise, seed)
    outer, inner = (np.linspace(0, np.pi, n) for n in (n_samples // 2, n_samples - n_samples // 2))
    points = np.concatenate(
        [
            np.stack([np.cos(outer), np.sin(outer)], axis=1),
            np.stack([1 - np.cos(inner), 0.5 - np.sin(inner)], axis=1),
        ]
    )
    labels = np.repeat([0, 1], [len(outer), len(inner)])
    return _shuffled(points, labels, noise, generator)


def make_spirals(
    n_samples: int = 100, n_classes: int = 2, turns: float = 1.5, noise: float = 0.0, seed: random.Seed = None
) -> tuple[Points, Labels]:
    """Make spirals that wind about each other, one for each class.

        x = r (cos t, sin t),  t = 2 pi (turns r + y / n_classes)      0 < r <= 1

    Parameters
    ----------
    n_samples : int, default 100
        Number of points, at least one for each class; the classes have as many as each other, as far as possible.
    n_classes : int, default 2
    turns : float, default 1.5
        How often each spiral winds about the middle.
    noise : float, default 0.0
        Standard deviation of the Gaussian noise on each coordinate.
    seed : int or numpy.random.Generator, optional
        Of the order and the noise; by default they come from `nnlite.random`.

    Returns
    -------
    x : ndarray of float32, shape (n_samples, 2)
        The points, shuffled.
    y : ndarray of int64, shape (n_samples,)
        The spiral of each, from 0 to n_classes - 1.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = make_spirals(300, n_classes=3, seed=0)
    >>> x.shape, np.bincount(y)
    ((300, 2), array([100, 100, 100]))
    """
    _check_count("make_spirals", "n_classes", n_classes, 1)
    generator = _checked("make_spirals", n_samples, n_classes, noise, seed)
    sizes = [len(part) for part in np.array_split(np.arange(n_samples), n_classes)]
    labels = np.repeat(np.arange(n_classes), sizes)
    radius = np.concatenate([np.arange(1, size + 1) / size for size in sizes])
    angle = 2 * np.pi * (turns * radius + labels / n_classes)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _shuffled(points, labels, noise, generator)


def make_blobs(
    n_samples: int = 100,
    n_features: int = 2,
    centers: int | ArrayLike = 3,
    cluster_std: float | Sequence[float] = 1.0,
    seed: random.Seed = None,
) -> tuple[Points, Labels]:
    """Make clouds of points, Gaussian about their centres.

    Parameters
    ----------
    n_samples : int, default 100
        Number of points, at least one for each cloud; the clouds have as many as each other, as far as possible.
    n_features : int, default 2
        Coordinates of a point.
    centers : int or array_like, shape (n, n_features), default 3
        The number of clouds, whose centres are drawn between -10 and 10; or the centres.
    cluster_std : float, or a sequence of one for each cloud, default 1.0
        Standard deviation of each coordinate.
    seed : int or numpy.random.Generator, optional
        Of everything that is drawn; by default it comes from `nnlite.random`.

    Returns
    -------
    x : ndarray of float32, shape (n_samples, n_features)
        The points, shuffled.
    y : ndarray of int64, shape (n_samples,)
        The cloud of each, from 0 on.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> x, y = make_blobs(6, centers=[[-5, 0], [5, 0]], cluster_std=0.1, seed=0)
    >>> bool(((x[:, 0] > 0) == y).all())
    True
    """
    _check_count("make_blobs", "n_features", n_features, 1)
    given = np.asarray(centers)
    number: Any = len(given) if given.ndim else centers
    _check_count("make_blobs", "centers", number, 1)
    generator = _checked("make_blobs", n_samples, number, 0.0, seed)
    middles = generator.uniform(-_BOX, _BOX, (number, n_features)) if not given.ndim else given
    if middles.ndim != 2:
        raise ValueError(f"make_blobs: `centers` must be a number or have shape (n, n_features), got {given.shape}")
    deviations = np.asarray(cluster_std, np.float64)
    if deviations.shape not in ((), (number,)) or not (deviations >= 0).all():
        raise ValueError(f"make_blobs: `cluster_std` (={cluster_std!r}) must be 0 or more, one or {number} numbers")
    labels = np.repeat(np.arange(number), [len(part) for part in np.array_split(np.arange(n_samples), number)])
    spread = np.broadcast_to(deviations, (number,))[labels, None]
    points = middles[labels] + spread * generator.normal(size=(n_samples, middles.shape[1]))
    return _shuffled(points, labels, 0.0, generator)


def make_sine(
    n_samples: int = 100, periods: float = 1.0, noise: float = 0.0, seed: random.Seed = None
) -> tuple[Points, Points]:
    """Make points on a sine curve, from left to right.

        y = sin(x),  0 <= x <= 2 pi periods

    Parameters
    ----------
    n_samples : int, default 100
        Number of points, evenly spaced; at least 2.
    periods : float, default 1.0
        How many periods of the curve.
    noise : float, default 0.0
        Standard deviation of the Gaussian noise on y.
    seed : int or numpy.random.Generator, optional
        Of the noise; by default it comes from `nnlite.random`.

    Returns
    -------
    x : ndarray of float32, shape (n_samples, 1)
    y : ndarray of float32, shape (n_samples,)

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> x, y = make_sine(5)
    >>> y.round(3)
    array([ 0.,  1.,  0., -1., -0.], dtype=float32)
    """
    generator = _checked("make_sine", n_samples, 2, noise, seed)
    if not 0 < periods < math.inf:
        raise ValueError(f"make_sine: `periods` (={periods!r}) must be positive")
    x = np.linspace(0, 2 * np.pi * periods, n_samples)
    y = np.sin(x)
    if noise:
        y += generator.normal(0.0, noise, n_samples)
    return x[:, None].astype(np.float32), y.astype(np.float32)


def _check_count(function: str, name: str, value: int, least: int) -> None:
    """Raise if a number of things is none, or too small."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{function}: `{name}` (={value!r}) must be an integer of at least {least}")


def _checked(function: str, n_samples: int, least: int, noise: float, seed: random.Seed) -> np.random.Generator:
    """Return the generator that a seed stands for, and raise if the number of samples or the noise cannot be."""
    _check_count(function, "n_samples", n_samples, least)
    if not 0 <= noise < math.inf:
        raise ValueError(f"{function}: `noise` (={noise!r}) must not be negative")
    return random.draw_from(random.from_seed(seed))


def _shuffled(
    points: NDArray[np.float64], labels: Labels, noise: float, generator: np.random.Generator
) -> tuple[Points, Labels]:
    """Add noise to points, and shuffle them with their labels."""
    if noise:
        points = points + generator.normal(0.0, noise, points.shape)
    order = generator.permutation(len(points))
    return points[order].astype(np.float32), labels[order]
