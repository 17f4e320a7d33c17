"""The picture of a graph."""

import re
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite._drawing import Drawing


def boxes(drawing: Drawing) -> dict[str, list[str]]:
    """The compartments of each box, by its key."""
    found = re.findall(r'"(\w+)" \[shape=record, label="\{(.*?)\}", style', drawing.source)
    return {key: label.split("|") for key, label in found}


def ellipses(drawing: Drawing) -> list[str]:
    """The operations."""
    return re.findall(r'shape=ellipse, label="(\w+)"', drawing.source)


def leaf(value: Any) -> nl.Tensor:
    """A Tensor that wants a gradient."""
    return nl.tensor(value, requires_grad=True)


def test_values_and_gradients_of_a_small_graph() -> None:
    a, b, c = leaf(2.0), leaf(-3.0), leaf(10.0)
    drawing = nl.draw_graph(a * b + c, {"a": a, "b": b, "c": c})
    assert list(boxes(drawing).values()) == [
        ["a", "data 2", "grad -3"], ["b", "data -3", "grad 2"], ["data -6", "grad 1"], ["c", "data 10", "grad 1"],
        ["output", "data 4", "grad 1"],
    ]  # fmt: skip
    assert ellipses(drawing) == ["multiply", "add"]
    arrows = re.findall(r'"(\w+)" -> "(\w+)"', drawing.source)
    assert arrows == [("v0", "f0"), ("v1", "f0"), ("f0", "v2"), ("v2", "f1"), ("v3", "f1"), ("f1", "v4")]
    assert a.grad is None


def test_a_value_that_is_used_twice_has_one_box_and_the_sum_of_its_gradients() -> None:
    x = leaf(3.0)
    y = x * x
    drawing = nl.draw_graph(y + y)
    assert list(boxes(drawing).values()) == [
        ["leaf", "data 3", "grad 12"], ["data 9", "grad 2"], ["output", "data 18", "grad 1"],
    ]  # fmt: skip
    assert drawing.source.count('"v0" -> "f0"') == 2


def test_constants_have_boxes_of_their_own() -> None:
    data = np.ones((8, 2))
    w = nl.Parameter(np.ones((2, 1)))
    drawing = nl.draw_graph(((data @ w) * 3).sum())
    assert ["constant", "shape (8, 2)"] in boxes(drawing).values()
    assert ["constant", "3"] in boxes(drawing).values()
    assert ["Parameter", r"data [[1],\n [1]]", r"grad [[24],\n [24]]"] in boxes(drawing).values()


def test_it_leaves_no_trace() -> None:
    calls: list[Any] = []
    x = leaf([1.0, 2.0])
    x.register_hook(calls.append)
    loss = (x**2).sum()
    nl.draw_graph(loss)
    assert not calls
    loss.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_several_outputs_and_dropout_masks_are_computed_as_they_were() -> None:
    x = leaf(np.arange(4.0))
    first, second = nl.functional.split(nl.functional.dropout(x, 0.5), 2)
    loss = first.sum() * 2 + second.sum()
    shown = list(boxes(nl.draw_graph(loss)).values())
    assert ["output", f"data {loss.item():g}", "grad 1"] in shown
    (expected,) = nl.grad(loss, x)
    gradient = ", ".join(f"{g:g}" for g in expected.data)
    assert ["leaf", "data [0, 1, 2, 3]", f"grad [{gradient}]"] in shown


def test_a_freed_graph_shows_its_ends() -> None:
    x = leaf(2.0)
    y = (x * 3) ** 2
    y.backward(retain_graph=True)
    assert ["data 6", "grad 12"] in boxes(nl.draw_graph(y)).values()
    y.backward()
    drawing = nl.draw_graph(y)
    assert list(boxes(drawing).values()) == [["leaf", "data 2", "grad 72"], ["output", "data 36"]]
    assert ellipses(drawing) == ["multiply", "power"]


def test_a_leaf_that_moved_ends_the_values() -> None:
    x = leaf(2.0)
    y = (x * 3) ** 2
    x.data = np.float32(5)
    assert ["data 6", "grad 12"] not in boxes(nl.draw_graph(y)).values()


def test_large_graphs_show_operations_and_shapes() -> None:
    x = leaf(np.ones((200, 100)))
    drawing = nl.draw_graph(np.exp(x).sum())
    assert list(boxes(drawing).values()) == [["leaf", "shape (200, 100)"], ["output", "data 5.437e+04"]]
    assert '"f0" -> "f1" [label="(200, 100)"];' in drawing.source
    y = leaf(1.0)
    for _ in range(150):
        y = y * 1.0
    assert len(ellipses(nl.draw_graph(y))) == 150
    assert len(boxes(nl.draw_graph(y))) == 2 + 150  # leaf, output, and the constants


@pytest.mark.parametrize("layer", [nl.layers.Dense(3, activation="softmax"), nl.nn.Linear(4, 3)])
def test_names_of_a_models_parameters(layer: Any) -> None:
    out = layer(np.ones((2, 4), np.float32)).sum()
    names = [row[0] for row in boxes(nl.draw_graph(out, layer.named_parameters())).values()]
    assert {name for name, _ in layer.named_parameters()} <= set(names)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a Tensor, got a ndarray"):
        nl.draw_graph(np.ones(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="found no operation behind this Tensor"):
        nl.draw_graph(leaf(1.0))
    with nl.no_grad(), pytest.raises(ValueError, match="found no operation"):
        nl.draw_graph(leaf(1.0) * 2)
    y = leaf(1.0)
    for _ in range(1001):
        y = y + 1
    with pytest.raises(ValueError, match="up to 1000 operations, got 1,001"):
        nl.draw_graph(y)


@pytest.mark.skipif(not Drawing.can_be_drawn(), reason="Graphviz is not there")
def test_graphviz_takes_the_text() -> None:
    x = leaf([1.0, 2.0])
    svg = nl.draw_graph((x * 2).sum(), {"<x>|{y}": x}).svg()
    assert "&lt;x&gt;|{y}" in svg
    assert svg.count('class="node"') == 6
