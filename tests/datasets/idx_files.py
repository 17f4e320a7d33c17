"""Makes small IDX files for the tests."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def idx_bytes(values: NDArray[np.uint8], *, shape: tuple[int, ...] | None = None, type_code: int = 8) -> bytes:
    """Write `values` in IDX; a lying header has another shape or type."""
    shape = values.shape if shape is None else shape
    return struct.pack(f">HBB{len(shape)}I", 0, type_code, len(shape), *shape) + values.tobytes()


def write_mnist_layout(folder: Path, *, train: int = 5, test: int = 3) -> dict[str, NDArray[np.uint8]]:
    """Write four small files under MNIST's names, gzipped but for the test labels, and give what is in them."""
    rng = np.random.default_rng(7)
    contents = {
        "train-images-idx3-ubyte.gz": rng.integers(0, 256, (train, 28, 28), np.uint8),
        "train-labels-idx1-ubyte.gz": rng.integers(0, 10, train, np.uint8),
        "t10k-images-idx3-ubyte.gz": rng.integers(0, 256, (test, 28, 28), np.uint8),
        "t10k-labels-idx1-ubyte": rng.integers(0, 10, test, np.uint8),
    }
    folder.mkdir(parents=True)
    for name, values in contents.items():
        content = idx_bytes(values)
        (folder / name).write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    return contents
