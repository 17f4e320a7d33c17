"""Pooling: every form of its settings against loops, ties, padding, derivatives, dtypes and errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from nnlite.functional._windows import resolved_padding
from tests.op_samples._pooling import naive_avg_pool, naive_max_pool
from tests.op_samples._sample import distinct, normal

POOLINGS: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (F.max_pool2d, naive_max_pool), (F.avg_pool2d, naive_avg_pool),
]  # fmt: skip
BOTH = pytest.mark.parametrize(("pool", "naive"), POOLINGS, ids=["max", "avg"])


def image(rows: list[list[float]]) -> nl.Tensor:
    """Make a leaf of one image with one channel."""
    return nl.tensor(np.array(rows, dtype=float)[None, :, :, None], requires_grad=True)


class TestValues:
    @BOTH
    @pytest.mark.parametrize("padding", ["valid", "same", 0, 1, (1, 0), ((1, 0), (0, 1)), [[0, 1], [1, 1]]], ids=str)
    @pytest.mark.parametrize("pool_size", [2, (2, 3), (3, 2)])
    @pytest.mark.parametrize("stride", [None, 1, 2, 3, (1, 3)])
    def test_every_form_of_the_settings(
        self, pool: Callable[..., Any], naive: Callable[..., Any], padding: Any, pool_size: Any, stride: Any
    ) -> None:
        x = normal(2, 6, 7, 3)
        y = pool(x, pool_size, stride, padding)
        np.testing.assert_allclose(y, naive(x, pool_size, stride, padding), rtol=1e-12, atol=1e-14)

    @BOTH
    def test_one_channel_one_image_and_a_window_of_one(
        self, pool: Callable[..., Any], naive: Callable[..., Any]
    ) -> None:
        x = normal(1, 3, 4, 1)
        np.testing.assert_array_equal(pool(x, 1), x)
        np.testing.assert_allclose(pool(x, (3, 4)), naive(x, (3, 4)), rtol=1e-14)
        assert pool(x, (3, 4)).shape == (1, 1, 1, 1)

    @BOTH
    def test_layout_makes_no_difference(self, pool: Callable[..., Any], naive: Callable[..., Any]) -> None:
        x = normal(3, 8, 2, 6).transpose(0, 3, 1, 2)[:, ::-1, ::2]  # (3, 6, 4, 2)
        np.testing.assert_allclose(pool(x, 2, 1), naive(x.copy(), 2, 1), rtol=1e-14)

    @given(st.data())
    def test_any_shapes(self, data: st.DataObject) -> None:
        pool, naive = data.draw(st.sampled_from(POOLINGS))
        size, pool_size, stride = (
            data.draw(st.tuples(st.integers(1, top), st.integers(1, top)), label=label)
            for top, label in ((6, "size"), (3, "pool_size"), (3, "stride"))
        )
        sides = tuple(
            (data.draw(st.integers(0, k - 1)), data.draw(st.integers(0, k - 1))) for k in pool_size
        )  # fmt: skip
        padding = data.draw(st.just(sides) | st.sampled_from(["same", "valid"]), label="padding")
        x = normal(data.draw(st.integers(0, 3), label="N"), *size, data.draw(st.integers(1, 2), label="C"))
        totals = [sum(side) for side in resolved_padding(padding, size, pool_size, stride, (1, 1))]
        if any(n + total < k for n, total, k in zip(size, totals, pool_size, strict=True)):
            with pytest.raises(ValueError, match="cannot fit pool_size"):
                pool(x, pool_size, stride, padding)
            return
        y = pool(x, pool_size, stride, padding)
        np.testing.assert_allclose(y, naive(x, pool_size, stride, padding), rtol=1e-12, atol=1e-14)

    def test_padding_is_minus_infinity_for_the_maximum(self) -> None:
        x = image([[-1.0, -2.0], [-3.0, -4.0]])
        np.testing.assert_array_equal(F.max_pool2d(x, 2, 1, "same").data[0, :, :, 0], [[-1, -2], [-3, -4]])

    def test_padding_counts_for_the_mean_only_if_asked_to(self) -> None:
        x = image([[4.0, 8.0]])
        np.testing.assert_array_equal(F.avg_pool2d(x, (1, 2), 1, ((0, 0), (1, 0))).data.ravel(), [4, 6])
        np.testing.assert_array_equal(
            F.avg_pool2d(x, (1, 2), 1, ((0, 0), (1, 0)), count_padding=True).data.ravel(), [2, 6]
        )

    def test_nan_is_not_lost(self) -> None:
        assert np.isnan(F.max_pool2d(image([[1.0, np.nan], [3.0, 2.0]]))).all()


class TestGradients:
    def test_at_a_tie_the_first_maximum_gets_it(self) -> None:
        x = image([[1.0, 5.0, 0.0, 0.0], [5.0, 5.0, 0.0, 0.0]])
        F.max_pool2d(x).sum().backward()
        np.testing.assert_array_equal(x.grad[0, :, :, 0], [[0, 1, 1, 0], [0, 0, 0, 0]])

    def test_also_after_relu_where_most_windows_are_ties_of_zero(self) -> None:
        x = nl.tensor(np.minimum(normal(2, 4, 4, 3), 0), requires_grad=True)
        F.max_pool2d(F.relu(x) + 0 * x).sum().backward()
        y = nl.tensor(np.zeros((2, 4, 4, 3)), requires_grad=True)
        F.max_pool2d(y).sum().backward()
        np.testing.assert_array_equal(y.grad[:, ::2, ::2], 1)
        assert y.grad.sum() == 2 * 2 * 2 * 3

    def test_a_nan_gets_it_as_with_max(self) -> None:
        row = [[1.0, np.nan, 2.0, np.nan, 3.0]]
        x, z = image(row), image(row)
        F.max_pool2d(x, (1, 5)).sum().backward()
        F.max(z, axis=(1, 2)).sum().backward()
        np.testing.assert_array_equal(x.grad.ravel(), [0, 1, 0, 0, 0])
        np.testing.assert_array_equal(z.grad, x.grad)

    def test_overlapping_windows_add_up(self) -> None:
        x = image([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
        F.max_pool2d(x, 2, 1).backward(np.array([[1.0, 10.0], [100.0, 1000.0]])[None, :, :, None])
        assert x.grad[0, 1, 1, 0] == 1111
        assert x.grad.sum() == 1111

    def test_elements_that_no_window_sees_get_none(self) -> None:
        x = nl.tensor(distinct(1, 5, 5, 1), requires_grad=True)
        F.avg_pool2d(x, 2, 3).sum().backward()
        expected = np.zeros((5, 5))
        expected[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])] = 0.25
        np.testing.assert_array_equal(x.grad[0, :, :, 0], expected)

    @pytest.mark.parametrize("padding", ["same", ((1, 0), (0, 1))])
    @pytest.mark.parametrize("stride", [1, 2, (3, 1)])
    def test_inner_products_agree(self, padding: Any, stride: Any) -> None:
        for pool in (F.max_pool2d, F.avg_pool2d):
            x = nl.tensor(distinct(2, 5, 6, 2), requires_grad=True)
            y = pool(x, (2, 3), stride, padding)
            g = normal(*y.shape)
            y.backward(g)
            assert (x.data * x.grad).sum() == pytest.approx((y.data * g).sum(), rel=1e-10)  # both are linear near x

    def test_third_derivatives(self) -> None:
        for pool in (F.max_pool2d, F.avg_pool2d):
            nl.check_grads(
                lambda x, pool=pool: np.exp(pool(x * x, 2, 1)), distinct(1, 3, 3, 1), order=3, rtol=1e-4, atol=1e-5
            )

    def test_the_second_derivative_looks_at_the_same_maximum_as_the_first(self) -> None:
        x = image([[2.0, 2.0]])
        (slope,) = nl.grad(F.max_pool2d(x, (1, 2)) ** 2, x, create_graph=True)
        (curvature,) = nl.grad(slope, x, np.array([[1.0, 10.0]])[None, :, :, None])
        np.testing.assert_array_equal(slope.data.ravel(), [4, 0])
        np.testing.assert_array_equal(curvature.data.ravel(), [2, 0])


class TestDtypes:
    @BOTH
    def test_float32_stays_float32(self, pool: Callable[..., Any], naive: Callable[..., Any]) -> None:
        x = nl.tensor(normal(1, 4, 4, 1).astype(np.float32), requires_grad=True)
        (g,) = nl.grad((pool(x) ** 2).sum(), x, create_graph=True)
        assert pool(x).dtype == g.dtype == np.float32
        assert nl.grad(g.sum(), x)[0].dtype == np.float32

    @BOTH
    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
    def test_integers_are_taken_in_the_default_dtype(
        self, pool: Callable[..., Any], naive: Callable[..., Any], dtype: Any
    ) -> None:
        x = (np.arange(16) % 7).astype(dtype).reshape(1, 4, 4, 1)
        for given_ in (x, nl.tensor(x)):
            y = pool(given_, 3, 2, "same")
            assert y.dtype == np.float32
            np.testing.assert_allclose(np.asarray(y), naive(x.astype(float), 3, 2, "same"), rtol=1e-6)


class TestErrors:
    @BOTH
    @pytest.mark.parametrize(("shape", "settings", "message"), [
        ((4, 4, 1), {}, r"pool2d\(\) takes x of shape \(N, H, W, C\), got shape \(4, 4, 1\)"),
        ((1, 1, 4, 1), {}, r"cannot fit pool_size=\(2, 2\) into x of shape \(1, 1, 4, 1\)"),
        ((1, 4, 4, 1), {"padding": 2}, r"padding=\(\(2, 2\), \(2, 2\)\).*pool_size=\(2, 2\) may see only"),
        ((1, 4, 4, 1), {"pool_size": (1, 2), "padding": ((0, 1), (0, 0))}, "may see only padding"),
        *(((1, 4, 4, 1), {name: bad}, rf"{name} to be a positive int or a pair of them, got {name}=")
          for name in ("pool_size", "stride") for bad in (0, -2, 1.5, (2,), (1, 2, 3), "2")),
        ((1, 4, 4, 1), {"pool_size": 3, "ceil_mode": True, "padding": ((0, 3), (0, 0))}, "may see only padding"),
        *(((1, 4, 4, 1), {"padding": bad}, "got padding=") for bad in ("full", -1, 1.5, (1, 2, 3), ((0, 1), (-1, 0)))),
    ])  # fmt: skip
    def test_they_name_the_argument_and_its_value(
        self, pool: Callable[..., Any], naive: Callable[..., Any], shape: Any, settings: Any, message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            pool(np.ones(shape), **settings)

    @pytest.mark.parametrize(("pool", "axes"), [
        (F.max_pool1d, "L"), (F.avg_pool1d, "L"), (F.max_pool3d, "D, H, W"), (F.avg_pool3d, "D, H, W"),
    ])  # fmt: skip
    def test_the_rank_is_that_of_the_name(self, pool: Callable[..., Any], axes: str) -> None:
        with pytest.raises(ValueError, match=rf"{pool.__name__}\(\) takes x of shape \(N, {axes}, C\), got shape"):
            pool(np.ones((2, 4, 4, 3)))

    @pytest.mark.parametrize("dilation", [0, (1, 2, 3), 1.0])
    def test_dilation_is_checked(self, dilation: Any) -> None:
        with pytest.raises(ValueError, match="expected dilation to be a positive int or a pair of them, got dilation="):
            F.max_pool2d(np.ones((1, 4, 4, 1)), dilation=dilation)

    def test_a_dilated_window_must_fit(self) -> None:
        with pytest.raises(ValueError, match=r"cannot fit pool_size=\(2,\) into x of shape \(1, 3, 1\)"):
            F.max_pool1d(np.ones((1, 3, 1)), dilation=3)

    @pytest.mark.parametrize("divisor", [0, 0.5, "2"])
    def test_the_divisor_is_checked(self, divisor: Any) -> None:
        with pytest.raises(ValueError, match="expected divisor to be an int other than 0, got divisor="):
            F.avg_pool2d(np.ones((1, 4, 4, 1)), divisor=divisor)


class TestCeilMode:
    def test_a_last_window_is_added_where_elements_are_left(self) -> None:
        x = np.arange(1.0, 6.0).reshape(1, 5, 1)
        np.testing.assert_array_equal(F.max_pool1d(x, ceil_mode=True).ravel(), [2, 4, 5])
        np.testing.assert_array_equal(F.avg_pool1d(x, ceil_mode=True).ravel(), [1.5, 3.5, 5])

    def test_a_window_that_would_begin_in_the_padding_is_not(self) -> None:
        x = np.arange(1.0, 5.0).reshape(1, 4, 1)
        assert F.max_pool1d(x, 2, 2, 1, ceil_mode=True).shape == (1, 3, 1)
        assert F.max_pool1d(x, 3, 4, 1, ceil_mode=True).shape == (1, 2, 1)
        assert F.max_pool1d(x, 2, 4, ceil_mode=True).shape == (1, 1, 1)

    def test_what_it_adds_never_counts(self) -> None:
        x = np.full((1, 4, 1), 6.0)
        y = F.avg_pool1d(
            x, 3, 3, 1, count_padding=True, ceil_mode=True
        )  # windows -1..1 and 2..4, of which 4 is padding
        np.testing.assert_array_equal(y.ravel(), [4, 4])
        y = F.avg_pool1d(x, 3, 3, count_padding=True, ceil_mode=True)  # windows 0..2 and 3..5
        np.testing.assert_array_equal(y.ravel(), [6, 6])


class TestIndices:
    def test_they_point_at_the_maxima(self) -> None:
        x = normal(2, 5, 6, 3)
        y, indices = F.max_pool2d(x, 3, 2, 1, ceil_mode=True, return_indices=True)
        assert indices.dtype.kind == "i"
        flat = np.take_along_axis(x.reshape(2, 30, 3), indices.reshape(2, -1, 3), axis=1)
        np.testing.assert_array_equal(flat.reshape(y.shape), y)

    def test_they_are_plain_arrays_beside_a_tensor_that_is_differentiated(self) -> None:
        x = nl.tensor(np.array([[1.0, 7.0, 7.0]])[:, :, None], requires_grad=True)
        y, indices = F.max_pool1d(x, 3, return_indices=True)
        y.sum().backward()
        assert type(indices) is np.ndarray
        assert indices.item() == 1
        np.testing.assert_array_equal(x.grad.ravel(), [0, 1, 0])

    def test_an_empty_batch_has_none(self) -> None:
        y, indices = F.max_pool2d(np.ones((0, 4, 4, 2)), return_indices=True)
        assert y.shape == indices.shape == (0, 2, 2, 2)
