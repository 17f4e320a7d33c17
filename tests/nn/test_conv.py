"""Convolutions in PyTorch's spelling: first values, unbatched inputs, and what they refuse."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.nn.functional as F
from nnlite import nn


@pytest.mark.parametrize(
    ("code", "fan_in"),
    [
        ("Conv1d(8, 64, 5)", 40),
        ("Conv2d(8, 64, (3, 2), groups=2)", 24),
        ("ConvTranspose2d(64, 16, 3, groups=2)", 72),
        ("ConvTranspose3d(64, 4, 2)", 32),
    ],
)
def test_first_values_are_uniform_within_one_over_the_root_of_fan_in(code: str, fan_in: int) -> None:
    nl.random.seed(0)
    layer = eval(code, vars(nn))
    bound = fan_in**-0.5
    values = layer.weight.data
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.98 * bound
    assert values.std() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert np.abs(layer.bias.data).max() <= bound


@pytest.mark.parametrize(
    "name", ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]
)
def test_a_single_input_is_a_batch_of_one(name: str) -> None:
    axes = int(name[-2])
    layer = getattr(nn, name)(3, 2, 2)
    x = np.random.default_rng(0).normal(size=(3, *(3, 4, 5)[:axes])).astype(np.float32)
    np.testing.assert_array_equal(layer(x).numpy(), layer(x[None]).numpy()[0])


def test_columns_count_channels_first() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6))
    weight = np.random.default_rng(1).normal(size=(4, 3, 2, 3))
    columns = F.unfold(x, (2, 3), padding=1, stride=2)
    y = F.conv2d(x, weight, padding=1, stride=2)
    np.testing.assert_allclose((weight.reshape(4, -1) @ columns).reshape(y.shape), y, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(F.unfold(x[0], (2, 3), padding=1, stride=2), columns[0])
    whole = F.fold(columns, (5, 6), (2, 3), padding=1, stride=2)
    np.testing.assert_array_equal(F.fold(columns[0], (5, 6), (2, 3), padding=1, stride=2), whole[0])
    assert (whole * x).sum() == pytest.approx((columns**2).sum())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(0, 3, 2), "Conv2d expected in_channels to be a positive integer, got in_channels=0"),
        (lambda: nn.Conv2d(4, 6, 2, groups=3), r"in_channels \(=4\) and out_channels \(=6\).*groups \(=3\)"),
        (lambda: nn.Conv2d(4, 6, (2, 2, 2)), r"got kernel_size=\(2, 2, 2\)"),
        (lambda: nn.Conv2d(4, 6, 2, padding="full"), "got padding='full'"),
        (lambda: nn.Conv2d(4, 6, 2, padding=-1), "padding to be an int >= 0 or a pair of them, got padding=-1"),
        (lambda: nn.Conv2d(4, 6, 2, stride=2, padding="same"), 'padding="same" with stride 1 only, got stride=2'),
        (lambda: nn.Conv2d(4, 6, 2, padding_mode="edge"), "'reflect', 'replicate', 'circular'.*, got 'edge'"),
        (lambda: nn.ConvTranspose2d(4, 6, 2, padding_mode="reflect"), "padding_mode=\"zeros\" only, got 'reflect'"),
        (lambda: nn.Conv2d(4, 6, 2)(np.ones((4, 4), "f")), r"shape \(N, C, H, W\) or \(C, H, W\), got shape \(4, 4\)"),
        (lambda: nn.Conv2d(4, 6, 2)(np.ones((1, 3, 4, 4), "f")), "expected axis 1 to be 4"),
        (lambda: nn.Conv2d(4, 6, 2)(np.ones((3, 4, 4), "f")), "expected axis 0 to be 4"),
        (
            lambda: nn.ConvTranspose2d(4, 6, 2, output_padding=1)(np.ones((1, 4, 4, 4), "f")),
            "output_padding to be less than stride or dilation",
        ),
        (
            lambda: nn.ConvTranspose2d(4, 6, 2, stride=2)(np.ones((1, 4, 4, 4), "f"), output_size=(8, 10)),
            r"output_size between \(8, 8\) and \(9, 9\), got \(8, 10\)",
        ),
        (
            lambda: nn.ConvTranspose2d(4, 6, 2, stride=2)(np.ones((1, 4, 4, 4), "f"), output_size=(8,)),
            r"output_size between .*, got \(8,\)",
        ),
        (lambda: F.conv1d(np.ones((3, 4, 5, 6)), np.ones((1, 4, 2))), r"shape \(N, C, L\) or \(C, L\), got shape"),
        (
            lambda: F.conv2d(np.ones((1, 4, 4, 4)), np.ones((1, 4, 2, 2)), stride=2, padding="same"),
            "with stride 1 only",
        ),
        (lambda: F.conv2d(np.ones((1, 4, 4, 4)), np.ones(4)), "conv2d.. takes x of shape"),
        (lambda: F.fold(np.ones((1, 5, 4)), (3, 3), 2), r"shape \(N, C \* 4, outputs\), got shape \(1, 5, 4\)"),
    ],
)
def test_errors_name_the_argument_and_its_value(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
