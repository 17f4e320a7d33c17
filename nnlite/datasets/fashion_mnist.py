"""Fashion-MNIST: 70,000 articles of clothing, 28x28 pixels, in place of MNIST's digits.

References
----------
H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
arXiv:1708.07747, 2017. Data by Zalando, licence MIT.
"""

from nnlite.datasets._mnist_layout import Images, Sums, load_images

__all__ = ["CLASS_NAMES", "load_data"]

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
_SUMS = Sums(
    train_images="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    train_labels="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    test_images="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    test_labels="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)


def load_data() -> tuple[Images, Images]:
    """Load Fashion-MNIST: from `$NNLITE_DATA/fashion_mnist`, else from the cache, else from the network.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays of uint8
        Images of shapes (60000, 28, 28) and (10000, 28, 28), from 0 (background) to 255; labels 0 to 9, in the order
        of `CLASS_NAMES`, of shapes (60000,) and (10000,).

    Raises
    ------
    FileNotFoundError
        If the files are nowhere and cannot be downloaded; says which to put where.
    nnlite.io.FormatError
        If a file in `$NNLITE_DATA` is damaged.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> CLASS_NAMES[y_train[0]]  # doctest: +SKIP
    'Ankle boot'
    """
    return load_images("fashion_mnist", _MIRRORS, _SUMS)
