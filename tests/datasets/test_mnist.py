"""MNIST and Fashion-MNIST: small files in their layout, and the real ones where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from nnlite.datasets import fashion_mnist, mnist
from nnlite.io import FormatError
from tests.datasets.idx_files import idx_bytes, write_mnist_layout

DATASETS = {"mnist": mnist, "fashion_mnist": fashion_mnist}


@pytest.fixture(params=list(DATASETS))
def dataset(request, tmp_path, monkeypatch):
    """A data set's module, with the folder that its small files are in."""
    monkeypatch.setenv("NNLITE_DATA", str(tmp_path))
    return DATASETS[request.param], tmp_path / request.param


def test_pairs_as_in_keras(dataset):
    module, folder = dataset
    written = write_mnist_layout(folder)
    (x_train, y_train), (x_test, y_test) = module.load_data()
    for read, expected in zip((x_train, y_train, x_test, y_test), written.values(), strict=True):
        np.testing.assert_array_equal(read, expected, strict=True)


def test_a_users_damaged_file_is_named_and_kept(dataset):
    module, folder = dataset
    write_mnist_layout(folder)
    damaged = folder / "t10k-labels-idx1-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(FormatError, match=f"{damaged}: expected 3 bytes"):
        module.load_data()
    assert damaged.stat().st_size == 10


@pytest.mark.parametrize(
    ("labels", "message"),
    [([1, 2], "expected 3 labels, one for each image .* found 2"), ([1, 2, 10], "from 0 to 9, found 10")],
)
def test_labels_must_fit_the_images(dataset, labels, message):
    module, folder = dataset
    write_mnist_layout(folder)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.array(labels, np.uint8)))
    with pytest.raises(FormatError, match=message):
        module.load_data()


@pytest.mark.parametrize(("name", "first", "ink"), [("mnist", [5, 0, 4], 33.3), ("fashion_mnist", [9, 0, 0], 72.9)])
def test_the_real_files(name, first, ink):
    if not (Path(os.environ.get("NNLITE_DATA", "/nowhere")) / name).is_dir():
        pytest.skip(f"$NNLITE_DATA/{name} is not there")
    (x_train, y_train), (x_test, y_test) = DATASETS[name].load_data()
    assert (x_train.shape, x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert (x_train.dtype, y_train.dtype) == (np.uint8, np.uint8)
    assert y_train[:3].tolist() == first
    assert x_train.mean() == pytest.approx(ink, abs=0.1)
    assert np.bincount(y_test).min() > 890
