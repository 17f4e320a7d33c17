"""Convolutions beside those of PyTorch and Keras, with settings and sizes drawn by hypothesis."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite import layers, nn
from tests.parity.harness import compare_function, compare_layer, compare_module, drawn

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")


def normal(*shape: int) -> NDArray[Any]:
    """Standard normal numbers."""
    return np.random.default_rng(shape).normal(size=shape)


def numbers(draw: Any, axes: int, low: int, high: int) -> tuple[int, ...]:
    """Draw a number for each axis."""
    return draw(st.tuples(*[st.integers(low, high)] * axes))


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the number of axes, the shapes and the settings of a convolution whose kernel fits."""
    axes = draw(st.integers(1, 3))
    kernel, dilation = numbers(draw, axes, 1, 3), numbers(draw, axes, 1, 2)
    padding = draw(st.sampled_from(["valid", "same"])) if draw(st.booleans()) else numbers(draw, axes, 0, 2)
    groups = draw(st.integers(1, 3))
    return {
        "axes": axes,
        "kernel": kernel,
        "dilation": dilation,
        "padding": padding,
        "stride": (1,) * axes if padding == "same" else numbers(draw, axes, 1, 3),
        "size": tuple((k - 1) * d + 1 + draw(st.integers(0, 3)) for k, d in zip(kernel, dilation, strict=True)),
        "groups": groups,
        "inputs": groups * draw(st.integers(1, 2)),
        "outputs": groups * draw(st.integers(1, 2)),
        "bias": draw(st.booleans()),
    }


@st.composite
def transposes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the number of axes, the shapes and the settings of a transposed convolution that leaves something."""
    axes = draw(st.integers(1, 3))
    kernel, dilation, stride = numbers(draw, axes, 1, 3), numbers(draw, axes, 1, 2), numbers(draw, axes, 1, 3)
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    groups = draw(st.integers(1, 3))
    return {
        "axes": axes,
        "kernel": kernel,
        "dilation": dilation,
        "stride": stride,
        "padding": tuple(draw(st.integers(0, (extent - 1) // 2)) for extent in extents),
        "output_padding": tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)),
        "size": numbers(draw, axes, 1, 4),
        "groups": groups,
        "inputs": groups * draw(st.integers(1, 2)),
        "outputs": groups * draw(st.integers(1, 2)),
        "bias": draw(st.booleans()),
    }


def to_first(x: Any) -> Any:
    """Move a peer's channels before the spatial axes."""
    return x.permute(0, x.ndim - 1, *range(1, x.ndim - 1))


def to_last(x: Any) -> Any:
    """Move a peer's channels behind the spatial axes."""
    return x.permute(0, *range(2, x.ndim), 1)


def kernel_first(weight: Any) -> Any:
    """Turn a peer's weight (*kernel, C, F) into (F, C, *kernel), contiguous as its gradient wants it."""
    return weight.permute(weight.ndim - 1, weight.ndim - 2, *range(weight.ndim - 2)).contiguous()


@drawn(convolutions())
def test_functions_of_torch(case: dict[str, Any]) -> None:
    from torch.nn import functional as peer

    name = f"conv{case['axes']}d"
    settings = case["stride"], case["padding"], case["dilation"], case["groups"]
    arrays = [
        normal(2, *case["size"], case["inputs"]),
        normal(*case["kernel"], case["inputs"] // case["groups"], case["outputs"]),
        normal(case["outputs"]) if case["bias"] else None,
    ]
    compare_function(
        f"functional.{name}",
        lambda x, w, b: getattr(F, name)(x, w, b, *settings),
        lambda x, w, b: to_last(getattr(peer, name)(to_first(x), kernel_first(w), b, *settings)),
        arrays,
    )
    first = [np.moveaxis(arrays[0], -1, 1), np.moveaxis(arrays[1], (-1, -2), (0, 1)), arrays[2]]
    compare_function(
        f"nn.functional.{name}",
        lambda x, w, b: getattr(nn.functional, name)(x, w, b, *settings),
        lambda x, w, b: getattr(peer, name)(x, w, b, *settings),
        first,
    )


@drawn(transposes())
def test_transposed_functions_of_torch(case: dict[str, Any]) -> None:
    from torch.nn import functional as peer

    axes = case["axes"]
    theirs = getattr(peer, f"conv_transpose{axes}d")
    arrays = [
        normal(2, *case["size"], case["inputs"]),
        normal(*case["kernel"], case["outputs"] // case["groups"], case["inputs"]),
        normal(case["outputs"]) if case["bias"] else None,
    ]
    reach = [
        (n - 1) * s + (k - 1) * d + 1 + e - 2 * p
        for n, s, k, d, e, p in zip(
            case["size"], case["stride"], case["kernel"], case["dilation"], case["output_padding"], case["padding"],
            strict=True,
        )
    ]  # fmt: skip
    assume(min(reach) > 0)
    settings = case["stride"], case["padding"], case["output_padding"]
    compare_function(
        f"functional.conv{axes}d_transpose",
        lambda x, w, b: getattr(F, f"conv{axes}d_transpose")(x, w, b, *settings, case["dilation"], case["groups"]),
        lambda x, w, b: to_last(theirs(to_first(x), kernel_first(w), b, *settings, case["groups"], case["dilation"])),
        arrays,
    )
    first = [np.moveaxis(arrays[0], -1, 1), np.moveaxis(arrays[1], (-1, -2), (0, 1)), arrays[2]]
    compare_function(
        f"nn.functional.conv_transpose{axes}d",
        lambda x, w, b: getattr(nn.functional, f"conv_transpose{axes}d")(
            x, w, b, *settings, case["groups"], case["dilation"]
        ),
        lambda x, w, b: theirs(x, w, b, *settings, case["groups"], case["dilation"]),
        first,
    )


@drawn(convolutions(), cases=15)
def test_depthwise_function_of_torch(case: dict[str, Any]) -> None:
    from torch.nn import functional as peer

    assume(case["axes"] == 2)
    channels, multiplier = case["inputs"], case["groups"]
    weight = normal(*case["kernel"], channels, multiplier)
    settings = case["stride"], case["padding"], case["dilation"]

    def theirs(x: Any, w: Any, b: Any) -> Any:
        kernel = w.reshape(*case["kernel"], 1, channels * multiplier)
        return to_last(peer.conv2d(to_first(x), kernel_first(kernel), b, *settings, channels))

    compare_function(
        "functional.depthwise_conv2d",
        lambda x, w, b: F.depthwise_conv2d(x, w, b, *settings),
        theirs,
        [normal(2, *case["size"], channels), weight, normal(channels * multiplier) if case["bias"] else None],
    )


@drawn(convolutions(), cases=15)
def test_unfold_and_fold_of_torch(case: dict[str, Any]) -> None:
    from torch.nn import functional as peer

    assume(case["axes"] == 2)
    kernel, channels = case["kernel"], case["inputs"]
    padding = (0, 0) if isinstance(case["padding"], str) else case["padding"]
    settings = case["dilation"], padding, case["stride"]
    x = normal(2, channels, *case["size"])
    compare_function(
        "nn.functional.unfold",
        lambda a: nn.functional.unfold(a, kernel, *settings),
        lambda a: peer.unfold(a, kernel, *settings),
        [x],
    )
    columns = nn.functional.unfold(x, kernel, *settings)
    compare_function(
        "nn.functional.fold",
        lambda a: nn.functional.fold(a, case["size"], kernel, *settings),
        lambda a: peer.fold(a, case["size"], kernel, *settings),
        [columns],
    )

    def rows_last(columns: Any) -> Any:  # (N, C * kh * kw, L) to (N, L, kh * kw * C)
        split = columns.reshape(len(columns), channels, -1, columns.shape[2])
        return split.permute(0, 3, 2, 1).reshape(len(columns), columns.shape[2], -1)

    compare_function(
        "functional.unfold",
        lambda a: F.unfold(a, kernel, case["stride"], padding, case["dilation"]),
        lambda a: rows_last(peer.unfold(to_first(a), kernel, *settings)),
        [np.moveaxis(x, 1, -1)],
    )


@drawn(convolutions(), st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
def test_modules_of_torch(case: dict[str, Any], padding_mode: str) -> None:
    axes = case["axes"]
    widest = (
        case["padding"] if isinstance(case["padding"], tuple)
        else [((k - 1) * d + 1) // 2 for k, d in zip(case["kernel"], case["dilation"], strict=True)]
    )  # fmt: skip
    assume(padding_mode == "zeros" or all(p < n for p, n in zip(widest, case["size"], strict=True)))
    code = (
        f"Conv{axes}d({case['inputs']}, {case['outputs']}, {case['kernel']}, {case['stride']}, {case['padding']!r}, "
        f"{case['dilation']}, {case['groups']}, {case['bias']}, {padding_mode!r})"
    )
    compare_module(code, [normal(2, case["inputs"], *case["size"])], steps=1)


@drawn(transposes(), st.booleans())
def test_transposed_modules_of_torch(case: dict[str, Any], is_single: bool) -> None:
    sizes = zip(case["size"], case["stride"], case["kernel"], case["dilation"], case["padding"], strict=True)
    assume(min((n - 1) * s + (k - 1) * d + 1 - 2 * p for n, s, k, d, p in sizes) > 0)
    code = (
        f"ConvTranspose{case['axes']}d({case['inputs']}, {case['outputs']}, {case['kernel']}, {case['stride']}, "
        f"{case['padding']}, {case['output_padding']}, {case['groups']}, {case['bias']}, {case['dilation']})"
    )
    x = normal(2, case["inputs"], *case["size"])
    compare_module(code, [x[0] if is_single else x], steps=1)


@drawn(st.data(), cases=5)
def test_layers_of_keras(data: st.DataObject) -> None:
    case = data.draw(convolutions())
    axes = case["axes"]
    paddings = ["valid", "same", "causal"] if axes == 1 else ["valid", "same"]
    strides = case["stride"] if max(case["dilation"]) == 1 else (1,) * axes  # Keras takes one of the two
    code = (
        f"Conv{axes}D({case['outputs']}, {case['kernel']}, strides={strides}, "
        f"padding={data.draw(st.sampled_from(paddings))!r}, dilation_rate={case['dilation']}, "
        f"groups={case['groups']}, use_bias={case['bias']})"
    )
    compare_layer(code, [normal(2, *case["size"], case["inputs"])])


@drawn(st.data(), cases=6)
def test_transposed_layers_of_keras(data: st.DataObject) -> None:
    case = data.draw(transposes())
    axes = case["axes"]
    strides = case["stride"] if max(case["dilation"]) == 1 else (1,) * axes  # Keras takes one of the two
    extra = data.draw(st.sampled_from([None, tuple(data.draw(st.integers(0, s - 1)) for s in strides)]))
    code = (
        f"Conv{axes}DTranspose({case['outputs']}, {case['kernel']}, strides={strides}, "
        f"padding={data.draw(st.sampled_from(['valid', 'same']))!r}, output_padding={extra}, "
        f"dilation_rate={case['dilation']}, use_bias={case['bias']})"
    )
    compare_layer(code, [normal(2, *case["size"], case["inputs"])])


@drawn(st.data(), cases=5)
def test_depthwise_and_separable_layers_of_keras(data: st.DataObject) -> None:
    case = data.draw(convolutions())
    assume(case["axes"] == 2)
    strides = case["stride"] if max(case["dilation"]) == 1 else (1, 1)
    settings = (
        f"{case['kernel']}, strides={strides}, padding={data.draw(st.sampled_from(['valid', 'same']))!r}, "
        f"depth_multiplier={case['groups']}, dilation_rate={case['dilation']}, use_bias={case['bias']})"
    )
    x = normal(2, *case["size"], case["inputs"])
    compare_layer(f"DepthwiseConv2D({settings}", [x])
    compare_layer(f"SeparableConv2D({case['outputs']}, {settings}", [x])


@pytest.mark.parametrize(
    "name",
    [*(f"Conv{axes}D{kind}" for axes in (1, 2, 3) for kind in ("", "Transpose")), "DepthwiseConv2D", "SeparableConv2D"],
)
def test_layers_take_keras_arguments_in_its_order_and_with_its_defaults(name: str) -> None:
    import keras

    ours = inspect.signature(getattr(layers, name)).parameters
    theirs = inspect.signature(getattr(keras.layers, name)).parameters
    known = [p for p in theirs if p != "kwargs"]
    if name == "Conv3DTranspose":  # Keras has these two the other way round here, and here alone
        known.remove("output_padding")
        known.insert(known.index("data_format"), "output_padding")
    assert list(ours) == [*known, "input_shape", "name"]
    for argument in known:
        default = theirs[argument].default
        if isinstance(default, tuple):  # one for each axis: nnlite writes a number for all of them
            assert set(default) == {ours[argument].default}
        else:
            assert ours[argument].default == ("channels_last" if argument == "data_format" else default)
