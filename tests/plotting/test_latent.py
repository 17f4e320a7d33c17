"""Latent spaces, and attention."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.plotting import attention_maps, latent_space

RNG = np.random.default_rng(0)


def test_points_are_coloured_and_named_by_class() -> None:
    codes, labels = RNG.normal(size=(20, 2)), np.arange(20) % 3
    (axes,) = latent_space(codes, labels, class_names=["ant", "bee", "cat"]).axes
    for label, points in enumerate(axes.collections):
        np.testing.assert_array_equal(points.get_offsets(), codes[labels == label])
    assert [text.get_text() for text in axes.texts] == ["ant", "bee", "cat"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["ant", "bee", "cat"]
    assert axes.get_xlabel() == "first latent dimension"


def test_labels_may_be_words_and_whole_floats() -> None:
    (axes,) = latent_space(np.eye(3, 2), ["b", "a", "b"]).axes
    assert [text.get_text() for text in axes.texts] == ["a", "b"]
    assert len(latent_space(np.eye(3, 2), [0.0, 1.0, 1.0]).axes[0].collections) == 2


def test_values_are_coloured_on_a_scale() -> None:
    values = RNG.normal(size=5)
    axes, bar = latent_space(np.eye(5, 2), values).axes
    np.testing.assert_array_equal(axes.collections[0].get_array(), values)
    assert bar.get_ylabel() == "value"


def test_more_dimensions_are_shown_by_their_principal_components() -> None:
    codes = RNG.normal(size=(200, 4)) * [0.1, 5, 1, 0.01]
    (axes,) = latent_space(codes).axes
    points = np.asarray(axes.collections[0].get_offsets())
    spread = np.linalg.eigvalsh(np.cov(codes.T))
    np.testing.assert_allclose(np.cov(points.T), np.diag(spread[:1:-1]), atol=1e-10)
    assert axes.get_xlabel() == f"first principal component ({spread[-1] / spread.sum():.0%} of the variance)"


def test_heads_are_drawn_row_by_row() -> None:
    weights = RNG.random((1, 5, 2, 3))
    figure = attention_maps(nl.tensor(weights, requires_grad=True), ["a", "b"], ["x", "y", "z"], columns=3)
    found = [axes for axes in figure.axes if axes.images]
    np.testing.assert_array_equal([axes.images[0].get_array() for axes in found], weights[0])
    assert [axes.get_title() for axes in found] == [f"head {i}" for i in range(5)]
    assert [label.get_text() for label in found[4].get_xticklabels()] == ["x", "y", "z"]
    assert [label.get_text() for label in found[0].get_yticklabels()] == ["a", "b"]
    assert (found[0].get_ylabel(), found[0].get_xlabel()) == ("query", "key")


def test_keys_are_called_as_the_queries_in_self_attention() -> None:
    axes = attention_maps(np.eye(2), ["a", "b"]).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    assert axes.get_title() == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: latent_space(np.ones((4, 1))), r"codes of shape \(N, D\) with D >= 2, got \(4, 1\)"),
        (lambda: latent_space(np.ones((4, 2)), [1, 2]), r"labels of shape \(4,\), got \(2,\)"),
        (lambda: attention_maps(np.ones((2, 4, 3, 3))), r"one sample: expected weights.*got \(2, 4, 3, 3\)"),
        (lambda: attention_maps(np.ones((3, 3)), ["a"]), "expected 3 query_labels, got 1"),
        (lambda: attention_maps(np.ones((3, 2)), list("abc"), ["a"]), "expected 2 key_labels, got 1"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
