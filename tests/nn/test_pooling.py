"""Pooling, resizing and dropout in PyTorch's spelling: single samples, indices, borders, errors."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.nn.functional as F
from nnlite import nn

X = np.arange(36.0).reshape(1, 1, 6, 6)


class TestPooling:
    def test_a_single_sample_is_pooled_like_one_of_a_batch(self) -> None:
        for pool in (nn.MaxPool2d(2), nn.AvgPool2d(3, 2, 1), nn.AdaptiveAvgPool2d(4), nn.AdaptiveMaxPool2d((2, None))):
            np.testing.assert_array_equal(pool(X[0]).numpy(), pool(X).numpy()[0])

    @pytest.mark.parametrize(
        "pool", [nn.MaxPool2d(2, return_indices=True), nn.AdaptiveMaxPool2d(4, return_indices=True)]
    )
    def test_indices_come_in_the_spelling_of_the_input(self, pool: Any) -> None:
        y, indices = pool(nl.tensor(X))
        assert isinstance(indices, nl.Tensor)
        assert indices.dtype.kind == "i"
        np.testing.assert_array_equal(X.ravel()[indices.numpy()], y.numpy())

    def test_functions_give_arrays_for_arrays(self) -> None:
        y, indices = F.max_pool2d(X, 2, return_indices=True)
        assert type(y) is type(indices) is np.ndarray
        assert type(F.avg_pool2d(X[0], 2)) is np.ndarray

    def test_channels_first_is_a_view_of_channels_last_memory(self) -> None:
        y = F.max_pool2d(np.ones((2, 3, 8, 8), np.float32), 2)
        assert y.transpose(0, 2, 3, 1).flags.c_contiguous

    @pytest.mark.parametrize(("call", "message"), [
        (lambda: F.max_pool2d(X, 2, padding=2), "max_pool2d() expected padding to be half of kernel_size=2 at most"),
        (lambda: F.avg_pool2d(X, 3, padding=(0, 2)), "avg_pool2d() expected padding to be half of kernel_size=3"),
        (lambda: F.max_pool2d(X[0, 0], 2), "max_pool2d() expected input of shape (N, C, H, W) or (C, H, W), got shape"),
        (lambda: F.max_pool1d(X, 2), "max_pool1d() expected input of shape (N, C, L) or (C, L), got shape"),
        (lambda: F.max_pool2d(X, 7), "cannot fit pool_size=(7, 7)"),
        (lambda: F.avg_pool2d(X, 2, divisor_override=0), "divisor=0"),
        (lambda: F.adaptive_avg_pool3d(X[0, 0], 2), "adaptive_avg_pool3d() expected input of shape (N, C, D, H, W)"),
        (lambda: F.adaptive_max_pool2d(X, -1), "output_size=-1"),
        (lambda: nn.MaxPool2d(0), "got kernel_size=0"),
        (lambda: nn.MaxPool2d(2, stride=0), "got stride=0"),
        (lambda: nn.MaxPool2d(2, padding=-1), "got padding=-1"),
        (lambda: nn.MaxPool2d(2, dilation=(1, 2, 3)), "got dilation=(1, 2, 3)"),
        (lambda: nn.AvgPool1d((2, 2)), "got kernel_size=(2, 2)"),
        (lambda: nn.AdaptiveAvgPool2d((1, 2, 3)), "AdaptiveAvgPool2d expected output_size to be"),
        (lambda: nn.AdaptiveMaxPool1d(0), "AdaptiveMaxPool1d expected output_size to be"),
    ])  # fmt: skip
    def test_errors_quote_what_was_given(self, call: Any, message: str) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (compared in full)
            call()
        assert message in str(caught.value)


class TestResizing:
    @pytest.mark.parametrize(("call", "message"), [
        (lambda: F.interpolate(X), "takes either size or scale_factor, got size=None and scale_factor=None"),
        (lambda: F.interpolate(X, 2, 2), "takes either size or scale_factor, got size=2 and scale_factor=2"),
        (lambda: F.interpolate(X, 2, align_corners=False), "takes align_corners in the linear modes only"),
        (lambda: F.interpolate(X, 2, mode="linear"), "takes mode 'nearest' or 'bilinear'"),
        (lambda: F.interpolate(X, 2, recompute_scale_factor=True), "has no scale_factor to recompute"),
        (lambda: F.interpolate(X[0, 0], 2), "expected input of shape (N, C, *spatial)"),
        (lambda: nn.Upsample(), "Upsample takes either size or scale_factor"),
        (lambda: nn.PixelShuffle(0), "PixelShuffle expected upscale_factor to be a positive integer"),
        (lambda: F.pixel_shuffle(X[0, 0], 2), "pixel_shuffle() expected input of shape (..., C * r**2, H, W)"),
        (lambda: F.pixel_shuffle(X, 2), "upscale_factor=2"),
        (lambda: nn.ZeroPad2d((1, 2)), "ZeroPad2d expected padding to be an int or four of them, got padding=(1, 2)"),
        (lambda: nn.ZeroPad2d(1)(X[0, 0]), "ZeroPad2d(1) expected an input (N, C, H, W) or (C, H, W)"),
        (lambda: F.pad(X, (1,)), "expected two numbers for each of the last axes, got pad=(1,)"),
        (lambda: F.pad(X, (1,) * 10), "expected two numbers for each of the last axes"),
        (lambda: F.pad(X, (-4, -3)), "cannot take pad=(-4, -3)"),
        (lambda: F.pad(X, (6, 0), "reflect"), "cannot take pad=(6, 0) with mode='reflect'"),
        (lambda: F.pad(X, (-1, 0), "replicate"), "cannot take pad=(-1, 0) with mode='replicate'"),
        (lambda: F.pad(X, (7, 0), "circular"), "cannot take pad=(7, 0) with mode='circular'"),
        (lambda: F.pad(X, (1, 0), "edge"), "expected mode to be one of 'constant', 'reflect', 'replicate', 'circular'"),
        (lambda: F.pad(X, (1, 0), "reflect", 2.0), "takes a value with mode='constant' only"),
    ])  # fmt: skip
    def test_errors_quote_what_was_given(self, call: Any, message: str) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (compared in full)
            call()
        assert message in str(caught.value)

    def test_borders_are_counted_from_the_last_axis(self) -> None:
        y = F.pad(np.ones((2, 2)), (1, 0, 0, 2), value=7.0)
        np.testing.assert_array_equal(y, [[7, 1, 1], [7, 1, 1], [7, 7, 7], [7, 7, 7]])

    def test_a_negative_border_is_cut_off(self) -> None:
        x = nl.tensor(np.arange(4.0), requires_grad=True)
        y = F.pad(x, (-1, 1))
        y.sum().backward()
        np.testing.assert_array_equal(y.numpy(), [1, 2, 3, 0])
        np.testing.assert_array_equal(x.grad, [0, 1, 1, 1])

    def test_no_border_is_the_input(self) -> None:
        np.testing.assert_array_equal(F.pad(X, ()), X)


class TestDropout:
    def test_channels_share_a_fate(self) -> None:
        for shape in ((4, 30, 5), (4, 30, 5, 6)):
            y = nn.Dropout2d(0.3)(np.ones(shape, np.float32)).numpy().reshape(4, 30, -1)
            assert (y == y[:, :, :1]).all()
            assert set(np.unique(y).tolist()) == {0.0, np.float32(1 / 0.7)}

    def test_training_is_the_default_where_pytorch_has_it(self) -> None:
        x = np.ones((1, 64, 1, 1))
        assert (F.dropout(x) == 0).any()
        assert (F.dropout2d(x) == 0).any()
        assert F.alpha_dropout(x) is x
        assert (F.alpha_dropout(x, training=True) != 1).all()

    def test_nothing_is_changed_in_place(self) -> None:
        x = np.ones(50)
        assert (nn.Dropout(0.5, inplace=True)(x).numpy() == 0).any()
        assert (x == 1).all()

    @pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d, nn.AlphaDropout])
    def test_arguments_are_checked(self, kind: Any) -> None:
        with pytest.raises(ValueError, match=rf"{kind.__name__} expected p in \[0, 1\], got p=1.5"):
            kind(1.5)
        with pytest.raises(ValueError, match=r"dropout2d\(\) expected input of shape \(N, C, H, W\) or \(N, C, L\)"):
            F.dropout2d(np.ones((3, 4)))
