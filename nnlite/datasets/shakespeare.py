"""Shakespeare: 40,000 lines of his plays, 1,115,394 characters, 65 of them different.

References
----------
A. Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015, which chose the lines. The text is in
the public domain.
"""

from nnlite.datasets._cache import DataFile, locate
from nnlite.io import FormatError

__all__ = ["load_data"]

_MIRRORS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/",
    "https://cdn.jsdelivr.net/gh/karpathy/char-rnn@master/data/tinyshakespeare/",
)
_FILE = DataFile("input.txt", 1_115_394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", as_is=True)


def load_data() -> str:
    """Load the text: from `$NNLITE_DATA/shakespeare`, else from the cache, else from the network.

    Returns
    -------
    str
        The lines, each with its newline. It is usual to train on the first nine tenths, and to validate on the rest.

    Raises
    ------
    FileNotFoundError
        If the file is nowhere and cannot be downloaded; says where to put it.
    nnlite.io.FormatError
        If the file in `$NNLITE_DATA` is no text.

    Examples
    --------
    >>> text = load_data()  # doctest: +SKIP
    >>> text[:14]  # doctest: +SKIP
    'First Citizen:'
    """
    (path,) = locate("shakespeare", [_FILE], _MIRRORS)
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: expected text in UTF-8, found something else ({error})") from error
