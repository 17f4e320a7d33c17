"""shakespeare and california_housing: the user's files, as they are and damaged, and where they are missing."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.datasets import california_housing, shakespeare
from nnlite.io import FormatError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, where there is no network."""
    monkeypatch.setenv("NNLITE_DATA", str(tmp_path))
    monkeypatch.setenv("NNLITE_CACHE", str(tmp_path / "cache"))
    for module in (shakespeare, california_housing):
        monkeypatch.setattr(module, "_MIRRORS", ())
    return tmp_path


def put(folder: Path, content: bytes) -> Path:
    (folder / "shakespeare").mkdir()
    path = folder / "shakespeare" / "input.txt"
    path.write_bytes(content)
    return path


def test_the_text_is_as_it_is(folder: Path) -> None:
    put(folder, "To be,\r\nor not — \n".encode())
    assert shakespeare.load_data() == "To be,\r\nor not — \n"


def test_what_is_no_text_is_refused(folder: Path) -> None:
    path = put(folder, b"\xff\xfeT\x00o\x00")
    with pytest.raises(FormatError, match=f"{path}: expected text in UTF-8, found something else"):
        shakespeare.load_data()


def test_missing_files_are_named(folder: Path) -> None:
    for module, name in ((shakespeare, "input.txt"), (california_housing, "california_housing.npz")):
        with pytest.raises(FileNotFoundError, match=f"files are missing .*\n    {name}\nlooked for in:"):
            module.load_data()


def test_the_real_text() -> None:
    if not (Path(os.environ.get("NNLITE_DATA", "/nowhere")) / "shakespeare").is_dir():
        pytest.skip("$NNLITE_DATA/shakespeare is not there")
    text = shakespeare.load_data()
    assert hashlib.sha256(text.encode()).hexdigest() == shakespeare._FILE.sha256
    assert (len(text), len(set(text))) == (1_115_394, 65)


def districts(n: int = 1000) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(n, 8)).astype(np.float32), "y": np.arange(n, dtype=np.float32)}


def write(folder: Path, **arrays: Any) -> Path:
    (folder / "california_housing").mkdir()
    path = folder / "california_housing" / "california_housing.npz"
    np.savez(path, **arrays)
    return path


def as_keras(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> list[np.ndarray]:
    """Keras' split in its own terms: a legacy generator shuffles the numbers of the districts."""
    order = np.arange(len(y))
    np.random.RandomState(seed).shuffle(order)
    first = order[: int(len(y) * (1 - test_split))]
    rest = order[len(first) :]
    return [x[first], y[first], x[rest], y[rest]]


@pytest.mark.parametrize("settings", [{}, {"test_split": 0.35, "seed": 4}, {"version": "small"}, {"test_split": 0}])
def test_districts_are_split_as_in_keras(folder: Path, settings: dict[str, Any]) -> None:
    made = districts()
    write(folder, **made)
    (x_train, y_train), (x_test, y_test) = california_housing.load_data(**settings)
    n = 600 if "version" in settings else 1000
    expected = as_keras(made["x"][:n], made["y"][:n], settings.get("test_split", 0.2), settings.get("seed", 113))
    for ours, theirs in zip((x_train, y_train, x_test, y_test), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": None}, r"expected x of shape \(N, 8\) .* found x of shape \(1000, 8\)$"),
        ({"x": np.ones((1000, 9))}, r"found x of shape \(1000, 9\), y of shape \(1000,\)"),
        ({"x": np.ones((999, 8))}, r"found x of shape \(999, 8\)"),
        ({"y": np.float64(3)}, r"y of shape \(\)"),
        (districts(20_641), "N from 1 to 20640, found"),
        ({"y": np.full(1000, np.nan)}, "expected y to hold finite floats, found float64, NaN or infinity"),
        ({"x": np.ones((1000, 8), int)}, "expected x to hold finite floats, found int64"),
        ({"x": np.ones((1000, 8), object)}, "Python objects"),
        ({"x": np.ones((1000, 4000))}, "more than max_bytes"),
    ],
)
def test_other_tables_are_refused(folder: Path, change: dict[str, Any], message: str) -> None:
    arrays = {name: array for name, array in {**districts(), **change}.items() if array is not None}
    path = write(folder, **arrays)
    with pytest.raises(FormatError, match=message) as raised:
        california_housing.load_data()
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"version": "huge"}, r"`version` \(='huge'\) must be \"large\" or \"small\""),
        ({"test_split": 1}, r"`test_split` \(=1\) must lie in \[0, 1\)"),
    ],
)
def test_arguments_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        california_housing.load_data(**settings)
