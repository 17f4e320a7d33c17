"""Convolution: every form of its settings against loops and SciPy, its transposes, dtypes and errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import nnlite as nl
import nnlite.functional as F
from nnlite.functional._conv import conv_input_grad, conv_weight_grad
from nnlite.functional._windows import resolved_padding
from tests.op_samples._conv import naive_conv
from tests.op_samples._sample import normal

PADDINGS = ["valid", "same", 0, 2, (1, 2), [0, 1], ((1, 0), (0, 2)), [[2, 2], [1, 0]], np.int64(1), ((0, 0), 1)]


def images(*shape: int, seed: int = 0) -> np.ndarray:
    """Random images or weights."""
    return normal(*shape, seed=seed)


class TestValues:
    @pytest.mark.parametrize("padding", PADDINGS, ids=str)
    @pytest.mark.parametrize("stride", [1, 2, 3, (1, 3), (3, 2)])
    @pytest.mark.parametrize("dilation", [1, (1, 2)])
    def test_every_form_of_the_settings(self, padding: Any, stride: Any, dilation: Any) -> None:
        x, weight = images(2, 6, 7, 3), images(3, 2, 3, 4)
        settings = {"stride": stride, "padding": padding, "dilation": dilation}
        plain = int(padding) if isinstance(padding, np.integer) else padding
        expected = naive_conv(x, weight, **{**settings, "padding": plain})
        np.testing.assert_allclose(F.conv2d(x, weight, **settings), expected, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("groups", [1, 2, 4])
    @pytest.mark.parametrize("multiplier", [1, 3])
    def test_groups(self, groups: int, multiplier: int) -> None:
        x, weight, bias = (
            images(2, 4, 5, 4),
            images(2, 3, 4 // groups, groups * multiplier),
            images(groups * multiplier),
        )
        expected = np.concatenate(
            [
                naive_conv(x[..., c : c + 4 // groups], weight[..., f : f + multiplier])
                for c, f in zip(range(0, 4, 4 // groups), range(0, groups * multiplier, multiplier), strict=True)
            ],
            axis=-1,
        )
        np.testing.assert_allclose(F.conv2d(x, weight, bias, groups=groups), expected + bias, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("n", range(1, 9))
    @pytest.mark.parametrize(
        ("kernel", "stride", "dilation"), [(1, 1, 1), (2, 1, 1), (3, 2, 1), (2, 3, 1), (3, 1, 2), (4, 3, 2)]
    )
    def test_same_gives_ceil_of_size_over_stride_with_the_odd_one_at_the_end(
        self, n: int, kernel: int, stride: int, dilation: int
    ) -> None:
        y = F.conv2d(np.ones((1, n, n, 1)), np.ones((kernel, kernel, 1, 1)), None, stride, "same", dilation)
        assert y.shape == (1, -(-n // stride), -(-n // stride), 1)
        (before, after), across = resolved_padding("same", (n, n), (kernel, kernel), (stride,) * 2, (dilation,) * 2)
        assert across == (before, after)
        assert after - before in (0, 1)

    def test_it_is_scipys_correlation_and_not_turned_round(self) -> None:
        x, weight = images(1, 5, 6, 1), images(3, 2, 1, 1)
        expected = signal.correlate2d(x[0, ..., 0], weight[..., 0, 0], mode="valid")
        np.testing.assert_allclose(F.conv2d(x, weight)[0, ..., 0], expected, rtol=1e-12)

    @given(st.data())
    def test_any_shapes(self, data: st.DataObject) -> None:
        size, kernel, stride, dilation = (
            data.draw(st.tuples(st.integers(1, top), st.integers(1, top)), label=label)
            for top, label in ((6, "size"), (3, "kernel"), (3, "stride"), (2, "dilation"))
        )
        side = st.tuples(st.integers(0, 3), st.integers(0, 3))
        padding = data.draw(
            st.sampled_from(["same", "valid"]) | st.integers(0, 3) | st.tuples(side, side), label="padding"
        )
        groups, depth, multiplier = (data.draw(st.integers(1, 2), label=label) for label in ("groups", "depth", "out"))
        x = images(data.draw(st.integers(0, 3), label="N"), *size, groups * depth)
        weight = images(*kernel, depth, groups * multiplier)
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        sides = resolved_padding(padding, size, kernel, stride, dilation)
        fits = all(
            n + sum(p) > (k - 1) * d for n, p, k, d in zip(size, sides, kernel, dilation, strict=True)
        )  # fmt: skip
        if not fits:
            with pytest.raises(ValueError, match="cannot fit a kernel"):
                F.conv2d(x, weight, **settings)
            return
        y = F.conv2d(x, weight, **settings)
        np.testing.assert_allclose(y, naive_conv(x, weight, **settings), rtol=1e-10, atol=1e-12)
        tensors = [nl.tensor(a, requires_grad=True) for a in (x, weight)]
        g = images(*y.shape, seed=1)
        F.conv2d(*tensors, **settings).backward(g)
        scale = 1 + np.abs(y).sum() * np.abs(g).sum()
        for tensor in tensors:  # y is linear in each: <J dx, g> = <dx, J' g> with dx = x
            assert tensor.grad is not None
            assert abs((tensor.data * tensor.grad).sum() - (y * g).sum()) < 1e-12 * scale

    def test_layout_makes_no_difference(self) -> None:
        x, weight = images(4, 3, 6, 7), images(3, 4, 2, 3)
        first, turned = (
            x.transpose(2, 3, 0, 1)[::-1],
            weight.transpose(0, 2, 3, 1)[:, :, ::2],
        )  # (6, 7, 4, 3), (3, 2, 2, 4)
        np.testing.assert_allclose(
            F.conv2d(first, turned.transpose(0, 1, 3, 2)[:, :, :3]),
            F.conv2d(first.copy(), turned.transpose(0, 1, 3, 2)[:, :, :3].copy()),
            rtol=1e-12, atol=1e-12,
        )  # fmt: skip


class TestTransposes:
    """The three functions are each other's transposes, whatever the settings."""

    @pytest.mark.parametrize("settings", [
        {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1},
        {"stride": (2, 3), "padding": ((1, 2), (0, 1)), "dilation": (1, 1), "groups": 2},
        {"stride": (3, 1), "padding": ((2, 2), (2, 2)), "dilation": (2, 1), "groups": 1},
        {"stride": (1, 2), "padding": ((0, 1), (1, 0)), "dilation": (1, 2), "groups": 4},
    ])  # fmt: skip
    def test_inner_products_agree(self, settings: dict[str, Any]) -> None:
        x, weight = images(3, 7, 8, 4), images(2, 3, 4 // settings["groups"], 4)
        y = F.conv2d(x, weight, **settings)
        g = images(*y.shape, seed=1)
        dx = conv_input_grad(g, weight, input_shape=x.shape, **settings)
        dweight = conv_weight_grad(x, g, kernel_size=(2, 3), **settings)
        product = (y * g).sum()
        assert (x * dx).sum() == pytest.approx(product, rel=1e-10)
        assert (weight * dweight).sum() == pytest.approx(product, rel=1e-10)

    def test_third_derivatives(self) -> None:
        def cubed(x: Any, weight: Any, bias: Any) -> Any:
            return F.conv2d(x, weight, bias, 2, "same", groups=1).sum() ** 3

        nl.check_grads(cubed, images(1, 3, 2, 1), images(2, 2, 1, 1), images(1), order=3, rtol=1e-4, atol=1e-5)

    def test_a_gradient_penalty_through_two_layers(self) -> None:
        def penalty(w1: Any, w2: Any, b: Any) -> Any:
            x = nl.tensor(images(1, 4, 4, 1), requires_grad=True)
            h = np.tanh(F.conv2d(x, w1, b, padding="same"))
            (slope,) = nl.grad(F.conv2d(h, w2, stride=2).sum(), x, create_graph=True)
            assert slope is not None
            return (slope**2).sum()

        nl.check_grads(penalty, images(2, 2, 1, 2), images(2, 2, 2, 1), images(2), rtol=1e-4)

    def test_the_first_layer_pays_for_no_input_gradient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        called: list[str] = []
        monkeypatch.setattr("nnlite.functional._conv.conv_input_grad", lambda *a, **k: called.append("input"))
        weight = nl.tensor(images(2, 2, 3, 4), requires_grad=True)
        F.conv2d(nl.tensor(images(2, 4, 4, 3)), weight).sum().backward()
        assert weight.grad is not None
        assert called == []


class TestDtypes:
    def test_float32_in_float32_out_at_every_order(self) -> None:
        x, weight = (nl.tensor(images(*s).astype(np.float32), requires_grad=True) for s in ((1, 4, 4, 2), (2, 2, 2, 3)))
        y = F.conv2d(x, weight)
        (g,) = nl.grad((y * y).sum(), x, create_graph=True)
        assert g is not None
        (h,) = nl.grad((g * g).sum(), weight)
        assert h is not None
        assert y.dtype == g.dtype == h.dtype == np.float32

    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
    def test_integers_are_taken_in_the_default_dtype_not_the_weight_in_theirs(self, dtype: Any) -> None:
        x = (np.arange(16) % 5).astype(dtype).reshape(1, 4, 4, 1)
        weight = np.full((2, 2, 1, 1), 0.25, np.float32)
        y = F.conv2d(x, weight)
        assert y.dtype == np.float32
        np.testing.assert_allclose(y, naive_conv(x.astype(float), weight.astype(float)), rtol=1e-6)
        assert F.conv2d(nl.tensor(x), nl.Parameter(weight)).dtype == np.float32
        assert F.conv2d(x, weight.astype(np.float64)).dtype == np.float64

    def test_mixed_precisions_promote_and_each_gradient_keeps_its_own(self) -> None:
        for kinds in (("float32", "float64"), ("float64", "float32")):
            x, weight = (
                nl.tensor(images(*s).astype(kind), requires_grad=True)
                for s, kind in zip(((1, 3, 3, 1), (2, 2, 1, 1)), kinds, strict=True)
            )
            y = F.conv2d(x, weight)
            assert y.dtype == np.float64
            np.testing.assert_allclose(y.data, naive_conv(x.data.astype(float), weight.data.astype(float)), rtol=1e-12)
            y.sum().backward()
            assert x.grad is not None
            assert weight.grad is not None
            assert (x.grad.dtype, weight.grad.dtype) == kinds

    def test_lists_are_taken(self) -> None:
        assert F.conv2d([[[[1], [2]]]], [[[[1]]]], [1]).tolist() == [[[[2], [3]]]]


class TestErrors:
    @pytest.mark.parametrize(("shapes", "settings", "message"), [
        (((4, 4, 1), (2, 2, 1, 1)), {}, r"x of shape \(N, H, W, C\).*got \(4, 4, 1\) and \(2, 2, 1, 1\)"),
        (((1, 4, 4, 1), (2, 2, 1)), {}, r"weight \(kh, kw, C // groups, F\), got .* and \(2, 2, 1\)"),
        (((1, 4, 4, 3), (2, 2, 2, 4)), {}, r"\(1, 4, 4, 3\).*\(2, 2, 2, 4\) with groups=1: expected 2 input channels"),
        (((1, 4, 4, 4), (2, 2, 2, 3)), {"groups": 2}, r"groups=2.*outputs divisible by groups"),
        (((1, 4, 4, 4), (2, 2, 2, 4)), {"groups": 3}, r"groups=3: expected 6 input channels"),
        (((1, 4, 4, 1), (5, 2, 1, 1)), {}, r"kernel of height 5 into x of shape \(1, 4, 4, 1\) with padding="),
        (((1, 4, 4, 1), (2, 3, 1, 1)), {"dilation": 2}, "kernel of width 5 into x"),
        *((((1, 4, 4, 1), (2, 2, 1, 1)), {name: bad}, rf"{name} to be a positive int or a pair of them, got {name}=")
          for name in ("stride", "dilation") for bad in (0, -1, 1.5, (1,), (1, 0), (1, 2, 3), "1", None, (1.0, 1))),
        *((((1, 4, 4, 1), (2, 2, 1, 1)), {"groups": bad}, r"groups to be a positive int, got groups=")
          for bad in (0, -1, 1.5, None)),
        *((((1, 4, 4, 1), (2, 2, 1, 1)), {"padding": bad}, r'padding to be "valid", "same", an int >= 0.*got padding=')
          for bad in ("full", -1, 1.5, None, (1,), (1, 2, 3), (-1, 0), ((1, 2), (0,)), ((1, 2), (0, -1)), (0.5, 1))),
    ])  # fmt: skip
    def test_they_name_the_argument_and_its_value(self, shapes: Any, settings: Any, message: str) -> None:
        x, weight = (np.ones(shape) for shape in shapes)
        with pytest.raises(ValueError, match=message):
            F.conv2d(x, weight, **settings)
        with pytest.raises(ValueError, match=message):
            F.conv2d(nl.tensor(x), nl.tensor(weight), **settings)

    @pytest.mark.parametrize("shape", [(), (2,), (1, 3), (1, 1, 1, 3)])
    def test_a_bias_that_would_only_broadcast_is_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"bias of shape \(3,\), got"):
            F.conv2d(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 3)), np.ones(shape))


class TestOtherNumbersOfAxes:
    """What the classes above show of two axes holds for one and three, which the same code serves."""

    @given(st.data())
    def test_any_shapes(self, data: st.DataObject) -> None:
        axes = data.draw(st.sampled_from([1, 3]), label="axes")
        size, kernel, stride, dilation = (
            data.draw(st.tuples(*[st.integers(1, top)] * axes), label=label)
            for top, label in ((4, "size"), (3, "kernel"), (3, "stride"), (2, "dilation"))
        )
        padding = data.draw(st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * axes), label="padding")
        groups, depth, multiplier = (data.draw(st.integers(1, 2), label=label) for label in ("groups", "depth", "out"))
        x = images(2, *size, groups * depth)
        weight = images(*kernel, depth, groups * multiplier)
        settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        function = {1: F.conv1d, 3: F.conv3d}[axes]
        fits = all(n + sum(p) > (k - 1) * d for n, p, k, d in zip(size, padding, kernel, dilation, strict=True))
        if not fits:
            with pytest.raises(ValueError, match="cannot fit a kernel"):
                function(x, weight, **settings)
            return
        y = function(x, weight, **settings)
        np.testing.assert_allclose(y, naive_conv(x, weight, **settings), rtol=1e-10, atol=1e-12)
        tensors = [nl.tensor(a, requires_grad=True) for a in (x, weight)]
        g = images(*y.shape, seed=1)
        function(*tensors, **settings).backward(g)
        scale = 1 + np.abs(y).sum() * np.abs(g).sum()
        for tensor in tensors:
            assert tensor.grad is not None
            assert abs((tensor.data * tensor.grad).sum() - (y * g).sum()) < 1e-12 * scale

    def test_a_causal_output_sees_nothing_that_comes_later(self) -> None:
        x, weight = images(1, 8, 2), images(3, 2, 4)
        changed = x.copy()
        changed[:, 5:] = 0
        first, second = (F.conv1d(a, weight, padding="causal", dilation=2) for a in (x, changed))
        np.testing.assert_array_equal(first[:, :5], second[:, :5])
        assert first.shape == (1, 8, 4)
        assert not np.allclose(first[:, 5:], second[:, 5:])

    @pytest.mark.parametrize(("call", "message"), [
        (lambda: F.conv1d(np.ones((1, 4, 1)), np.ones((2, 1, 1)), stride=(1, 1)), r"of one, got stride=\(1, 1\)"),
        (lambda: F.conv1d(np.ones((1, 4, 1)), np.ones((2, 1, 1)), padding=(1, 2)), r"a tuple of one of these pairs.*"),
        (lambda: F.conv1d(np.ones((4, 1)), np.ones((2, 1, 1))), r"conv1d\(\) takes x of shape \(N, L, C\)"),
        (lambda: F.conv1d(np.ones((4, 1)), np.ones(()), padding="causal"), r"conv1d\(\) takes x of shape \(N, L, C\)"),
        (lambda: F.conv1d(np.ones((1, 4, 1)), np.ones((5, 1, 1))), "conv1d.. cannot fit a kernel of length 5"),
        (lambda: F.conv2d(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1)), padding="causal"), "got padding='causal'"),
        (lambda: F.conv3d(np.ones((1, 4, 4, 4, 1)), np.ones((2, 2, 2, 1, 1)), stride=(1, 2)), "or three of them"),
        (lambda: F.conv3d(np.ones((1, 4, 4, 1)), np.ones((2, 2, 2, 1, 1))), r"x of shape \(N, D, H, W, C\)"),
        (lambda: F.conv3d(np.ones((1, 1, 4, 4, 1)), np.ones((2, 2, 2, 1, 1))), "kernel of depth 2"),
        (lambda: F.depthwise_conv2d(np.ones((1, 4, 4, 3)), np.ones((2, 2, 2, 1))),
         r"depthwise_conv2d\(\) takes x .* weight \(kh, kw, C, multiplier\), got \(1, 4, 4, 3\) and \(2, 2, 2, 1\)"),
        (lambda: F.depthwise_conv2d(np.ones((1, 4, 4, 2)), np.ones((5, 2, 2, 1))), "depthwise_conv2d.. cannot fit"),
    ])  # fmt: skip
    def test_errors_name_the_function_and_its_axes(self, call: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            call()


def test_activation_is_named_when_it_cannot_be_part_of_the_convolution() -> None:
    with pytest.raises(ValueError, match="activation \"relu\" or None, got activation='tanh'"):
        F.conv2d(np.ones((1, 3, 3, 1)), np.ones((2, 2, 1, 1)), activation="tanh")
