"""Resizing and padding beside PyTorch's and Keras', with drawn shapes and settings."""

import math
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import nnlite.nn.functional as F
from tests.op_samples._sample import normal
from tests.parity.harness import compare_function, compare_layer, compare_module, drawn

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def batch(data: st.DataObject, axes: int, channels_last: bool = False) -> Any:
    """A small input."""
    sizes = [data.draw(st.integers(1, 8 - axes), label="size") for _ in range(axes)]
    n, c = data.draw(st.integers(1, 2), label="N"), data.draw(st.integers(1, 3), label="C")
    return normal(n, *sizes, c) if channels_last else normal(n, c, *sizes)


@drawn(st.data(), st.integers(1, 3), cases=60)
def test_interpolation_of_pytorch(data: st.DataObject, axes: int) -> None:
    x = batch(data, axes)
    mode = data.draw(st.sampled_from(["nearest", LINEAR[axes]]), label="mode")
    aligned = data.draw(st.booleans(), label="align_corners") if mode != "nearest" else None
    if data.draw(st.booleans(), label="by size"):
        size = data.draw(st.integers(1, 9) | st.tuples(*(st.integers(1, 9),) * axes), label="size")
        code = f"size={size}"
    else:
        scale = data.draw(st.sampled_from([0.4, 0.5, 0.75, 1, 1.3, 1.5, 2, 2.2, 3]), label="scale")
        lengths = [math.floor(n * scale) for n in x.shape[2:]]
        assume(min(lengths) > 0)
        # PyTorch copies sizes that are the same or twice as large for images, and not for sequences and volumes.
        copies = any(m in (n, 2 * n) for n, m in zip(x.shape[2:], lengths, strict=True)) and scale not in (1, 2)
        assume(mode != "nearest" or axes == 2 or not copies)
        code = f"scale_factor={scale}, recompute_scale_factor={data.draw(st.booleans(), label='recompute')}"
    compare_module(f"Upsample({code}, mode={mode!r}, align_corners={aligned})", [x], steps=1)


@drawn(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), cases=10)
def test_pixel_shuffle_of_pytorch(r: int, channels: int, height: int, width: int) -> None:
    compare_module(f"PixelShuffle({r})", [normal(2, channels * r * r, height, width)], steps=1)


@drawn(st.data(), st.sampled_from(["constant", "reflect", "replicate", "circular"]), cases=40)
def test_padding_of_pytorch(data: st.DataObject, mode: str) -> None:
    import torch

    axes = data.draw(st.integers(1, 2), label="axes")
    x = normal(2, 2, *(data.draw(st.integers(3, 5), label="size") for _ in range(axes)))
    ends = data.draw(st.lists(st.integers(-1 if mode == "constant" else 0, 2), min_size=2 * axes, max_size=2 * axes))
    value = 1.5 if mode == "constant" and data.draw(st.booleans(), label="value") else None
    compare_function(
        "nn.functional.pad",
        lambda t: F.pad(t, ends, mode, value),
        lambda t: torch.nn.functional.pad(t, ends, mode, value),
        [x],
    )


@drawn(st.lists(st.integers(-1, 3), min_size=4, max_size=4), cases=10)
def test_zero_padding_of_pytorch(sides: list[int]) -> None:
    compare_module(f"ZeroPad2d({tuple(sides)})", [normal(2, 2, 4, 3)], steps=1)


@drawn(st.data(), st.sampled_from(["nearest", "bilinear"]), st.booleans(), cases=6)
def test_up_sampling_of_keras(data: st.DataObject, interpolation: str, last: bool) -> None:
    size = data.draw(st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4)), label="size")
    layout = "channels_last" if last else "channels_first"
    compare_layer(
        f"UpSampling2D({size}, data_format={layout!r}, interpolation={interpolation!r})", [batch(data, 2, last)]
    )


@drawn(st.data(), st.sampled_from(["ZeroPadding2D", "Cropping2D"]), st.booleans(), cases=10)
def test_padding_and_cropping_of_keras(data: st.DataObject, kind: str, last: bool) -> None:
    side = st.tuples(st.integers(0, 2), st.integers(0, 2))
    amount = data.draw(st.integers(0, 2) | side | st.tuples(side, side), label="amount")
    layout = "channels_last" if last else "channels_first"
    x = normal(2, 5, 6, 3) if last else normal(2, 3, 5, 6)
    compare_layer(f"{kind}({amount}, data_format={layout!r})", [x])


@drawn(st.permutations([1, 2, 3]), cases=5)
def test_permute_of_keras(dims: list[int]) -> None:
    compare_layer(f"Permute({tuple(dims)})", [np.arange(24.0).reshape(1, 2, 3, 4)])
