"""MNIST: 70,000 handwritten digits, 28x28 pixels.

References
----------
Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition", Proceedings
of the IEEE 86(11), 1998. Data by Y. LeCun and C. Cortes, licence CC BY-SA 3.0.
"""

from nnlite.datasets._mnist_layout import Images, Sums, load_images

__all__ = ["load_data"]

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
_SUMS = Sums(
    train_images="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    train_labels="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    test_images="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    test_labels="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)


def load_data() -> tuple[Images, Images]:
    """Load MNIST: from `$NNLITE_DATA/mnist`, else from the cache, else from the network.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays of uint8
        Images of shapes (60000, 28, 28) and (10000, 28, 28), from 0 (paper) to 255 (ink); labels 0 to 9 of shapes
        (60000,) and (10000,).

    Raises
    ------
    FileNotFoundError
        If the files are nowhere and cannot be downloaded; says which to put where.
    nnlite.io.FormatError
        If a file in `$NNLITE_DATA` is damaged.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, y_train[:3]  # doctest: +SKIP
    ((60000, 28, 28), array([5, 0, 4], dtype=uint8))
    """
    return load_images("mnist", _MIRRORS, _SUMS)
