"""Pooling beside PyTorch's and Keras', with drawn shapes and settings; no two inputs are equal: no maxima tie."""

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import nnlite.nn.functional as F
from tests.op_samples._sample import distinct
from tests.parity.harness import check, compare_function, compare_layer, compare_module, drawn

AXES = st.integers(1, 3)


def numbers(data: st.DataObject, name: str, axes: int, low: int, high: int) -> Any:
    """One number for all axes, or one for each."""
    return data.draw(st.integers(low, high) | st.tuples(*(st.integers(low, high),) * axes), label=name)


def each(value: Any, axes: int) -> tuple[int, ...]:
    """A number for each axis."""
    return value if isinstance(value, tuple) else (value,) * axes


def batch(data: st.DataObject, axes: int, low: int = 1, channels_last: bool = False) -> Any:
    """A small input whose spatial axes are not shorter than `low`."""
    sizes = [data.draw(st.integers(low, low + 6 - axes), label="size") for _ in range(axes)]
    n, c = data.draw(st.integers(1, 2), label="N"), data.draw(st.integers(1, 3), label="C")
    return distinct(n, *sizes, c) if channels_last else distinct(n, c, *sizes)


def window(data: st.DataObject, axes: int, dilated: bool) -> tuple[str, int]:
    """Settings of a window as PyTorch spells them, and how long its longest side is."""
    size, step = numbers(data, "kernel_size", axes, 1, 3), numbers(data, "stride", axes, 1, 3)
    dilation = numbers(data, "dilation", axes, 1, 2) if dilated else 1
    extents = [(k - 1) * d + 1 for k, d in zip(each(size, axes), each(dilation, axes), strict=True)]
    padding = tuple(data.draw(st.integers(0, k // 2), label="padding") for k in each(size, axes))
    code = f"{size}, stride={step}, padding={padding}, ceil_mode={data.draw(st.booleans(), label='ceil_mode')}"
    return code + (f", dilation={dilation}" if dilated else ""), max(extents)


@drawn(st.data(), AXES)
def test_max_pooling_of_pytorch(data: st.DataObject, axes: int) -> None:
    settings, extent = window(data, axes, dilated=True)
    indices = data.draw(st.booleans(), label="return_indices")
    compare_module(f"MaxPool{axes}d({settings}, return_indices={indices})", [batch(data, axes, extent)], steps=1)


@drawn(st.data(), AXES)
def test_average_pooling_of_pytorch(data: st.DataObject, axes: int) -> None:
    settings, extent = window(data, axes, dilated=False)
    counted = data.draw(st.booleans(), label="count_include_pad")
    divisor = data.draw(st.none() | st.sampled_from([-3, 1, 7]), label="divisor") if axes > 1 else None
    more = f", divisor_override={divisor}" if divisor else ""
    compare_module(
        f"AvgPool{axes}d({settings}, count_include_pad={counted}{more})", [batch(data, axes, extent)], steps=1
    )


@drawn(st.data(), AXES, st.sampled_from(["Avg", "Max"]))
def test_adaptive_pooling_of_pytorch(data: st.DataObject, axes: int, kind: str) -> None:
    sizes = data.draw(st.tuples(*(st.none() | st.integers(1, 6),) * axes), label="output_size")
    assume(axes > 1 or sizes[0])
    indices = ", return_indices=True" if kind == "Max" else ""
    compare_module(f"Adaptive{kind}Pool{axes}d({sizes}{indices})", [batch(data, axes)], steps=1)


@drawn(st.data(), AXES, cases=10)
def test_functions_of_pytorch_on_single_samples(data: st.DataObject, axes: int) -> None:
    import torch

    x = batch(data, axes, 3)[0]
    for name, arguments in (
        (f"max_pool{axes}d", (2,)),
        (f"avg_pool{axes}d", (2,)),
        (f"adaptive_avg_pool{axes}d", (2,)),
        (f"adaptive_max_pool{axes}d", (2,)),
    ):
        ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
        compare_function(f"nn.functional.{name}", lambda t: ours(t, *arguments), lambda t: theirs(t, *arguments), [x])  # noqa: B023


def test_a_nan_is_a_maximum_in_pytorch_too() -> None:
    import torch

    x = np.array([[[1.0, np.nan, 3.0, 4.0, 2.0, 0.0]]])
    check("nn.functional.max_pool1d", "torch", F.max_pool1d(x, 3), torch.nn.functional.max_pool1d(torch.tensor(x), 3))


@drawn(st.data(), AXES, st.sampled_from(["Avg", "Max"]), cases=12)
def test_pooling_of_keras(data: st.DataObject, axes: int, kind: str) -> None:
    size, step = numbers(data, "pool_size", axes, 1, 3), numbers(data, "strides", axes, 1, 3)
    padding = data.draw(st.sampled_from(["valid", "same"]), label="padding")
    last = data.draw(st.booleans(), label="channels_last")
    layout = "channels_last" if last else "channels_first"
    compare_layer(
        f"{kind}Pool{axes}D({size}, strides={step}, padding={padding!r}, data_format={layout!r})",
        [batch(data, axes, 3, last)],
    )


@drawn(st.data(), AXES, st.sampled_from(["Avg", "Max"]), cases=8)
def test_global_pooling_of_keras(data: st.DataObject, axes: int, kind: str) -> None:
    last, kept = data.draw(st.booleans(), label="channels_last"), data.draw(st.booleans(), label="keepdims")
    layout = "channels_last" if last else "channels_first"
    code = f"Global{kind}Pool{axes}D(data_format={layout!r}, keepdims={kept})"
    compare_layer(code, [batch(data, axes, 2, last)], code.replace("Avg", "Average").replace("Pool", "Pooling"))


@drawn(st.data(), cases=4)
def test_masked_means_of_keras(data: st.DataObject) -> None:
    x = batch(data, 1, 3, channels_last=True)
    lengths = [data.draw(st.integers(1, x.shape[1]), label="length") for _ in x]
    mask = np.arange(x.shape[1]) < np.array(lengths)[:, None]
    compare_layer("GlobalAvgPool1D()", [x], "GlobalAveragePooling1D()", settings={"mask": mask})
