"""Standardize: measured on the training part, applied to all parts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.preprocessing import StandardScaler

from nnlite.data import Standardize, _standardize


def table(rows: int = 50, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal([1, -200, 1e6], [2, 0.1, 1e3], (rows, 3))


def test_it_is_scikit_learn_s_standard_scaler() -> None:
    x, new = table(), table(7, seed=1)
    ours, theirs = Standardize().fit(x), StandardScaler().fit(x)
    np.testing.assert_allclose(ours.mean_, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.scale_, theirs.scale_, rtol=1e-9)
    np.testing.assert_allclose(ours.transform(new), theirs.transform(new), rtol=1e-7)


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=4), elements=st.floats(-1e3, 1e3, width=32)))
def test_there_and_back(x: np.ndarray) -> None:
    scaler = Standardize().fit(x)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(x)), x, rtol=1e-9, atol=1e-9)


def test_the_test_part_changes_nothing() -> None:
    scaler = Standardize()
    x = scaler.fit_transform(table())
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(x.std(axis=0), 1)
    mean = scaler.mean_.copy()
    scaler.transform(table(seed=2) + 5)
    np.testing.assert_array_equal(scaler.mean_, mean)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_constant_columns_become_zero_and_survive(dtype: Any) -> None:
    x = np.stack([np.full(7, 0.1 if np.dtype(dtype).kind == "f" else 3), np.arange(7)], axis=1).astype(dtype)
    scaler = Standardize()
    standardised = scaler.fit_transform(x)
    assert standardised.dtype == (dtype if dtype.startswith("float") else np.float32)
    np.testing.assert_array_equal(standardised[:, 0], 0)
    assert scaler.scale_[0] == 1
    np.testing.assert_array_equal(scaler.inverse_transform(standardised)[:, 0], x[:, 0].astype(standardised.dtype))


def test_channels_of_images() -> None:
    x = np.random.default_rng(0).normal([0, 5, -3], [1, 2, 4], (10, 6, 5, 3))
    scaler = Standardize(axis=(0, 1, 2)).fit(x)
    assert scaler.mean_.shape == (1, 1, 3)
    np.testing.assert_allclose(scaler.mean_.ravel(), x.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(scaler.transform(x).std(axis=(0, 1, 2)), 1)
    larger = np.zeros((2, 8, 8, 3))
    assert scaler.transform(larger).shape == larger.shape  # what is measured over may have another size


def test_large_float32_data_are_measured_in_parts_and_in_float64(monkeypatch: Any, tmp_path: Path) -> None:
    x = np.memmap(tmp_path / "x.bin", np.float32, "w+", shape=(1000, 3))
    x[:] = 4096 + table(1000)[:, :1] / 1000
    whole = Standardize().fit(x)
    monkeypatch.setattr(_standardize, "_CHUNK_BYTES", 240)
    in_parts = Standardize().fit(x)
    np.testing.assert_allclose(in_parts.mean_, whole.mean_, rtol=1e-14)
    np.testing.assert_allclose(in_parts.scale_, np.asarray(x, np.float64).std(axis=0), rtol=1e-12)


def test_labels_on_one_axis() -> None:
    scaler = Standardize()
    y = scaler.fit_transform([1.0, 2.0, 3.0])
    assert y.dtype == np.float32
    np.testing.assert_allclose(scaler.inverse_transform(y), [1, 2, 3])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Standardize().transform(table()),
            RuntimeError,
            r"has measured nothing yet: call fit\(x_train\) first",
        ),
        (
            lambda: Standardize().fit(table()).transform(np.ones((2, 4))),
            ValueError,
            r"fitted to samples of shape \(any, 3\), got x of shape \(2, 4\)",
        ),
        (lambda: Standardize().fit(table()).inverse_transform(np.ones(3)), ValueError, r"got x of shape \(3,\)"),
        (lambda: Standardize().fit(np.ones((0, 3))), ValueError, r"cannot be fitted to an array of shape \(0, 3\)"),
        (lambda: Standardize((0, 1)).fit(np.ones(3)), ValueError, r"cannot be fitted to an array of shape \(3,\)"),
        (lambda: Standardize().fit([[1, 2], [1, np.nan]]), ValueError, r"NaN or infinity in x\[:, 1\]"),
        (lambda: Standardize().fit([1, np.inf]), ValueError, r"NaN or infinity in x\[:\]"),
        (lambda: Standardize().fit(["a"]), TypeError, "hold numbers, got an array of dtype <U1"),
        (lambda: Standardize(axis=1), ValueError, "axis to be 0, or a tuple of axes with it, got axis=1"),
        (lambda: Standardize(axis="rows"), ValueError, "got axis='rows'"),
    ],
)
def test_what_cannot_be_is_refused(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()
