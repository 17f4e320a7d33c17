"""CIFAR-10: small files in its layout, packed and not, whole and not, and the real ones where they are."""

import gzip
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.datasets import _cifar_layout, cifar10
from nnlite.io import FormatError

NAMES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]


def records(n: int, seed: int) -> np.ndarray:
    """Labels and pixels as they are in a file."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.integers(0, 10, (n, 1), np.uint8), rng.integers(0, 256, (n, 3072), np.uint8)], axis=1)


FILES = {name: records(3, seed) for seed, name in enumerate(NAMES)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, for a CIFAR-10 whose files have three images."""
    monkeypatch.setenv("NNLITE_DATA", str(tmp_path))
    monkeypatch.setenv("NNLITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_cifar_layout, "BATCH", 3)
    monkeypatch.setattr(cifar10, "BATCH", 3)
    monkeypatch.setattr(cifar10, "_MIRRORS", ())
    (tmp_path / "cifar10").mkdir()
    return tmp_path / "cifar10"


def packed(files: dict[str, Any]) -> bytes:
    """An archive of files, beside which the true one has a folder and a page."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        archive.addfile(tarfile.TarInfo("cifar-10-batches-bin/readme.html"))
        for name, content in files.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = content.size
            archive.addfile(info, io.BytesIO(content.tobytes()))
    return out.getvalue()


def check(loaded: Any, train: list[str]) -> None:
    (x_train, y_train), (x_test, y_test) = loaded
    for (x, y), names in (((x_train, y_train), train), ((x_test, y_test), ["test_batch.bin"])):
        expected = np.concatenate([FILES[name] for name in names])
        np.testing.assert_array_equal(y, expected[:, :1], strict=True)
        assert (x.shape, x.dtype, x.flags.c_contiguous) == ((len(y), 32, 32, 3), np.uint8, True)
        for colour in range(3):
            plane = expected[:, 1 + 1024 * colour :][:, :1024]
            np.testing.assert_array_equal(x[..., colour].reshape(len(y), 1024), plane)


def test_all_files_are_loaded_without_a_word(folder: Path) -> None:
    for name, content in FILES.items():
        (folder / name).write_bytes(content.tobytes())
    check(cifar10.load_data(), NAMES[:5])


def test_the_archive_is_read_where_it_lies(folder: Path) -> None:
    (folder / "cifar-10-binary.tar.gz").write_bytes(packed(FILES))
    check(cifar10.load_data(), NAMES[:5])
    assert [path.name for path in folder.iterdir()] == ["cifar-10-binary.tar.gz"]


def test_some_files_are_loaded_with_a_warning(folder: Path) -> None:
    for name in ("data_batch_4.bin", "data_batch_2.bin"):
        (folder / name).write_bytes(FILES[name].tobytes())
    (folder / "test_batch.bin").write_bytes(gzip.compress(FILES["test_batch.bin"][:2].tobytes()))
    with pytest.warns(UserWarning, match=r"data_batch_2\.bin, data_batch_4\.bin, test_batch\.bin .* 6 of 15 .* 2 of 3"):
        (_, y_train), (_, y_test) = cifar10.load_data()
    np.testing.assert_array_equal(y_train, np.concatenate([FILES[NAMES[1]], FILES[NAMES[3]]])[:, :1])
    assert len(y_test) == 2


@pytest.mark.parametrize("there", [[], ["data_batch_1.bin"], ["test_batch.bin"]])
def test_too_few_files_are_no_data_set(folder: Path, there: list[str]) -> None:
    for name in there:
        (folder / name).write_bytes(FILES[name].tobytes())
    with pytest.raises(FileNotFoundError) as raised:
        cifar10.load_data()
    message = str(raised.value)
    assert "cifar-10-binary.tar.gz\n" in message
    assert "or instead: data_batch_1.bin to data_batch_5.bin and test_batch.bin" in message
    assert str(folder) in message


WHOLE = records(3, 9).tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "1 to 3 images of 3073 bytes each, found 0 bytes"),
        (WHOLE[:-1], "found 9218 bytes"),
        (WHOLE + WHOLE[:3073], "found more bytes"),
        (b"\x0a" + WHOLE[1:], "labels from 0 to 9, found 10"),
        (gzip.compress(WHOLE)[:-9], "expected a whole gzip file"),
        (gzip.compress(bytes(1 << 26)), "found more bytes"),
    ],
)
def test_a_damaged_file_is_named_and_kept(folder: Path, content: bytes, message: str) -> None:
    for name in NAMES:
        (folder / name).write_bytes(WHOLE)
    (folder / NAMES[2]).write_bytes(content)
    with pytest.raises(FormatError, match=f"{folder / NAMES[2]}: .*{message}"):
        cifar10.load_data()
    assert (folder / NAMES[2]).read_bytes() == content


def with_size(name: str, size: int) -> bytes:
    """An archive whose header promises a size that is not there."""
    out = io.BytesIO()
    with gzip.open(out, "wb") as stream:
        info = tarfile.TarInfo(name)
        info.size = size
        stream.write(info.tobuf())
        stream.write(WHOLE)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>not on the network yet</html>", "expected CIFAR-10 as a gzipped tar archive, found a damaged one"),
        (packed(FILES)[:-2000], "found a damaged one"),
        (packed({name: FILES[name] for name in NAMES[:4]}), r"found none of data_batch_5\.bin, test_batch\.bin in it"),
        (packed({**FILES, "data_batch_3.bin": records(2, 0)}), r"data_batch_3\.bin: expected 3 images, found 2"),
        (
            packed({**FILES, "data_batch_3.bin": records(4, 0)}),
            r"data_batch_3\.bin: expected 1 to 3 images .* found more",
        ),
        (with_size("data_batch_1.bin", 8 << 30), "expected at most 209715200 bytes in the archive, found more"),
        (with_size("readme.html", 8 << 30), "expected at most 209715200 bytes in the archive, found more"),
        (with_size("data_batch_1.bin", 4 * 3073), "cifar-10-binary.tar.gz"),
    ],
)
def test_a_damaged_archive_is_refused(folder: Path, content: bytes, message: str) -> None:
    (folder / "cifar-10-binary.tar.gz").write_bytes(content)
    with pytest.raises(FormatError, match=message):
        cifar10.load_data()


def test_the_real_files() -> None:
    folder = Path(os.environ.get("NNLITE_DATA", "/nowhere")) / "cifar10"
    if not folder.is_dir():
        pytest.skip("$NNLITE_DATA/cifar10 is not there")
    if all((folder / name).is_file() for name in NAMES):
        (x_train, y_train), (x_test, _) = cifar10.load_data()
    else:
        with pytest.warns(UserWarning, match="hold .* images to train on"):
            (x_train, y_train), (x_test, _) = cifar10.load_data()
    assert y_train[:5].ravel().tolist() == [6, 9, 9, 4, 1]
    assert x_train[0, 0, 0].tolist() == [59, 62, 63]
    assert len(x_test) >= 1000
    np.testing.assert_allclose(x_train.mean(axis=(0, 1, 2)) / 255, [0.491, 0.482, 0.447], atol=0.01)
