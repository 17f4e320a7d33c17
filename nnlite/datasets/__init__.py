"""Data sets, one module each with `load_data()` as in Keras, and made ones.

Files are looked for in `$NNLITE_DATA/<name>/`, then in the cache (`~/.cache/nnlite`, or where `$NNLITE_CACHE` says),
then downloaded into the cache.
"""

from nnlite.datasets import (
    breast_cancer,
    california_housing,
    cifar10,
    digits,
    fashion_mnist,
    iris,
    mnist,
    shakespeare,
    wine,
)
from nnlite.datasets._made import make_counting, make_xor
from nnlite.datasets._made_points import make_blobs, make_moons, make_sine, make_spirals

__all__ = [
    "breast_cancer",
    "california_housing",
    "cifar10",
    "digits",
    "fashion_mnist",
    "iris",
    "make_blobs",
    "make_counting",
    "make_moons",
    "make_sine",
    "make_spirals",
    "make_xor",
    "mnist",
    "shakespeare",
    "wine",
]
