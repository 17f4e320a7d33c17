"""Transposed convolution: the convolution that it is the transpose of, any settings, dtypes and errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from tests.op_samples._conv_transpose import naive_conv_transpose
from tests.op_samples._sample import normal

FUNCTIONS = {
    1: (F.conv1d, F.conv1d_transpose),
    2: (F.conv2d, F.conv2d_transpose),
    3: (F.conv3d, F.conv3d_transpose),
}


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same", 1])
@pytest.mark.parametrize("groups", [1, 2])
def test_it_is_the_transpose_of_the_convolution_with_the_same_weight(axes: int, padding: Any, groups: int) -> None:
    conv, transpose = FUNCTIONS[axes]
    weight = normal(*(3, 2, 3)[:axes], 4 // groups, 6)
    settings = {"stride": 2, "padding": padding, "groups": groups}
    x = normal(2, *(3, 4, 3)[:axes], 6)
    y = transpose(x, weight, **settings)
    t = normal(*y.shape, seed=1)
    assert conv(t, weight, **settings).shape == x.shape
    assert np.vdot(y, t) == pytest.approx(np.vdot(x, conv(t, weight, **settings)), rel=1e-10)


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
@pytest.mark.parametrize("dilation", [1, 2])
def test_the_words_give_keras_sizes(kernel: int, stride: int, dilation: int) -> None:
    x, weight = np.ones((1, 3, 1)), np.ones((kernel, 1, 1))
    extent = (kernel - 1) * dilation + 1
    same = F.conv1d_transpose(x, weight, stride=stride, padding="same", dilation=dilation)
    assert same.shape == (1, 3 * stride, 1)
    valid = F.conv1d_transpose(x, weight, stride=stride, dilation=dilation)
    assert valid.shape == (1, 3 * stride + max(extent - stride, 0), 1)


@given(st.data())
def test_any_settings(data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, 3), label="axes")
    top = 4 if axes < 3 else 2
    size, kernel, stride, dilation, extra = (
        data.draw(st.tuples(*[st.integers(low, high)] * axes), label=label)
        for label, low, high in (
            ("size", 1, top), ("kernel", 1, 3), ("stride", 1, 3), ("dilation", 1, 2), ("output_padding", 0, 3)
        )
    )  # fmt: skip
    side = st.integers(0, 2) | st.tuples(st.integers(0, 2), st.integers(0, 2))
    padding = data.draw(st.sampled_from(["same", "valid"]) | st.tuples(*[side] * axes), label="padding")
    groups, depth, multiplier = (data.draw(st.integers(1, 2), label=label) for label in ("groups", "depth", "out"))
    x, weight = normal(2, *size, groups * depth), normal(*kernel, multiplier, groups * depth)
    settings = {
        "stride": stride,
        "padding": padding,
        "output_padding": data.draw(st.sampled_from([None, extra])),
        "dilation": dilation,
        "groups": groups,
    }
    transpose = FUNCTIONS[axes][1]
    expected = naive_conv_transpose(x, weight, **settings)
    if 0 in expected.shape:
        with pytest.raises(ValueError, match="has nothing left"):
            transpose(x, weight, **settings)
        return
    tensors = [nl.tensor(a, requires_grad=True) for a in (x, weight)]
    y = transpose(*tensors, **settings)
    np.testing.assert_allclose(y.data, expected, rtol=1e-10, atol=1e-12)
    g = normal(*y.shape, seed=1)
    y.backward(g)
    scale = 1 + np.abs(expected).sum() * np.abs(g).sum()
    for tensor in tensors:  # y is linear in each: <J dx, g> = <dx, J' g> with dx = x
        assert tensor.grad is not None
        assert abs((tensor.data * tensor.grad).sum() - (expected * g).sum()) < 1e-12 * scale


def test_mixed_precisions_promote_and_each_gradient_keeps_its_own() -> None:
    x = nl.tensor(normal(1, 3, 2).astype(np.float32), requires_grad=True)
    weight = nl.tensor(normal(2, 3, 2), requires_grad=True)
    y = F.conv1d_transpose(x, weight)
    assert y.dtype == np.float64
    y.sum().backward()
    assert x.grad is not None
    assert weight.grad is not None
    assert (x.grad.dtype, weight.grad.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize(("shapes", "settings", "message"), [
    (((4, 4, 1), (2, 2, 1, 1)), {}, r"\(N, H, W, C\) and weight \(kh, kw, F // groups, C\), got \(4, 4, 1\)"),
    (((1, 4, 4, 3), (2, 2, 5, 2)), {}, r"\(1, 4, 4, 3\).*\(2, 2, 5, 2\) with groups=1: expected 2 input channels"),
    (((1, 4, 4, 3), (2, 2, 1, 3)), {"groups": 2}, "groups=2: expected 3 input channels, divisible by groups"),
    (((1, 4, 4, 1), (2, 2, 1, 1)), {"groups": 0}, "groups to be a positive int, got groups=0"),
    (((1, 4, 4, 1), (2, 2, 1, 1)), {"stride": 0}, "stride to be a positive int or a pair of them, got stride=0"),
    (((1, 4, 4, 1), (2, 2, 1, 1)), {"dilation": (1, 2, 3)}, r"got dilation=\(1, 2, 3\)"),
    (((1, 4, 4, 1), (2, 2, 1, 1)), {"output_padding": -1}, "output_padding to be an int >= 0 or .*_padding=-1"),
    (((1, 4, 4, 1), (2, 2, 1, 1)), {"padding": "full"}, "got padding='full'"),
    (((1, 2, 2, 1), (2, 2, 1, 1)), {"padding": 2}, r"nothing left of x of shape \(1, 2, 2, 1\) with padding=2"),
])  # fmt: skip
def test_errors_name_the_argument_and_its_value(shapes: Any, settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        F.conv2d_transpose(*map(np.ones, shapes), **settings)


def test_a_bias_that_would_only_broadcast_is_refused() -> None:
    with pytest.raises(ValueError, match=r"conv2d_transpose\(\) expected a bias of shape \(3,\), got \(1,\)"):
        F.conv2d_transpose(np.ones((1, 2, 2, 1)), np.ones((2, 2, 3, 1)), np.ones(1))
