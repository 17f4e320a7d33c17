"""Rectifying and its gradient, at the values where shortcuts would show."""

from typing import Any

import numpy as np
import pytest

from nnlite.kernels import parallel, rectifier


@pytest.fixture(params=[False, True], ids=["whole", "chunks"])
def _chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(parallel, "CHUNK_BYTES", 64)
        monkeypatch.setattr(parallel, "SERIAL_BYTES", 16)
        monkeypatch.setattr(rectifier, "SERIAL_BYTES", 16)


SPECIAL = [-np.inf, -1.0, -0.0, 0.0, 1e-45, 2.0, np.inf, np.nan]


@pytest.mark.usefixtures("_threads", "_chunks")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "arranged", [lambda x: x, lambda x: x.T, lambda x: x[:, ::2], lambda x: x[0], lambda x: x[0, 0]]
)
def test_relu_and_its_gradient(dtype: str, arranged: Any) -> None:
    x = arranged(np.array([SPECIAL, SPECIAL[::-1], np.arange(-3.0, 5.0)], dtype))
    g = np.full(x.shape, np.inf, dtype)
    y = rectifier.relu(x)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    dx = rectifier.where_positive(g, y)
    assert dx.dtype == x.dtype
    np.testing.assert_array_equal(dx, np.where(x > 0, np.inf, 0))


def test_relu_keeps_the_layout_of_memory() -> None:
    x = np.zeros((4, 200, 200, 3), np.float32).transpose(0, 3, 1, 2)
    assert rectifier.relu(x).strides == x.strides
    assert rectifier.where_positive(np.ones(x.shape, np.float32), x).strides == x.strides


def test_integers_stay_integers() -> None:
    assert rectifier.relu(np.arange(-2, 3)).tolist() == [0, 0, 0, 1, 2]


def test_a_gradient_that_is_a_broadcast_view() -> None:
    y = np.array([[0.0, 1.0], [2.0, 0.0]])
    g = np.broadcast_to(np.float64(3.0), (2, 2))
    np.testing.assert_array_equal(rectifier.where_positive(g, y), [[0, 3], [3, 0]])
