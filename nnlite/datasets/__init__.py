"""Data sets, one module each with `load_data()` as in Keras, and made ones.

Files are looked for in `$NNLITE_DATA/<name>/`, then in the cache (`~/.cache/nnlite`, or where `$NNLITE_CACHE` says),
then downloaded into the cache.
"""

from nnlite.datasets import breast_cancer, digits, fashion_mnist, mnist
from nnlite.datasets._made import make_counting, make_xor

__all__ = ["breast_cancer", "digits", "fashion_mnist", "make_counting", "make_xor", "mnist"]
