"""Every layer of the conformance table through every check."""

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from nnlite import layers
from nnlite.layers import Module
from nnlite.models import Sequential
from tests.conformance import LAYERS, LayerRow, assert_equal, batch, layer_names

every_layer = pytest.mark.parametrize("row", LAYERS, ids=str)
every_layer_with_one_input = pytest.mark.parametrize("row", [r for r in LAYERS if r.has_one_input], ids=str)


def outputs_of(value: Any) -> list[NDArray[Any]]:
    """One output or several, also in nested lists, as a list of arrays."""
    if isinstance(value, (tuple, list)):
        return [y for item in value for y in outputs_of(item)]
    return [value.numpy()]


def called(layer: Module, row: LayerRow, inputs: Sequence[Any], seed: int = 0) -> list[NDArray[Any]]:
    """What the layer gives, with the library's generator seeded."""
    nl.random.seed(seed)
    return outputs_of(layer(*inputs, **row.settings))


def differ(one: Sequence[NDArray[Any]], other: Sequence[NDArray[Any]]) -> bool:
    """Whether any output differs."""
    return any(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def shapes_of(row: LayerRow) -> list[tuple[int, ...]]:
    """The shapes that the outputs should have."""
    return [row.output_shape] if isinstance(row.output_shape, tuple) else row.output_shape


def with_parameters(module: Module, values: Sequence[Any], *inputs: Any, **settings: Any) -> Any:
    """Call a module with other Tensors in the places of its parameters."""
    modules = dict(module.named_modules())
    places = [(modules[name.rpartition(".")[0]], name.rpartition(".")[2]) for name, _ in module.named_parameters()]
    own = [getattr(owner, name) for owner, name in places]
    try:
        for (owner, name), value in zip(places, values, strict=True):
            setattr(owner, name, value)
        return module(*inputs, **settings)
    finally:
        for (owner, name), value in zip(places, own, strict=True):
            setattr(owner, name, value)


def test_every_layer_is_in_the_table() -> None:
    kinds = {thing for thing in map(vars(layers).get, layers.__all__) if isinstance(thing, type)} - {Module}
    assert {type(row.make()) for row in LAYERS} == kinds


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_output_has_the_expected_shape_and_dtype(row: LayerRow, dtype: str) -> None:
    layer = row.make()
    outputs = called(layer, row, batch(row, dtype))
    assert [y.shape for y in outputs] == shapes_of(row)
    for y in outputs:
        assert np.isfinite(y).all()
        if row.keeps_dtype or (dtype == "float64" and not row.integers and not layer.num_parameters()):
            assert y.dtype == dtype
        else:
            assert y.dtype == np.float32
    assert all(p.dtype == np.float32 for p in layer.parameters())


@every_layer
def test_gradients_of_input_and_parameters_are_those_of_finite_differences(row: LayerRow) -> None:
    layer = row.make()
    called(layer, row, batch(row))
    layer.astype("float64")
    inputs = batch(row, "float64")
    is_list = isinstance(row.input_shape, list)
    arrays = [] if row.integers else list(inputs[0] if is_list else inputs)
    values = [p.data + np.random.default_rng(2).normal(size=p.shape) / 2 for p in layer.parameters()]
    state = layer.state_dict()

    def run(*tensors: nl.Tensor) -> Any:
        nl.random.seed(3)
        for module in layer.modules():  # a layer with a seed of its own draws the same at each call
            if getattr(module, "seed", None) is not None:
                module._generator = np.random.default_rng(module.seed)  # type: ignore[attr-defined]
        for name, buffer in layer.named_buffers():
            buffer[...] = state[name]
        own, parameters = list(tensors[: len(arrays)]), tensors[len(arrays) :]
        arguments = inputs if row.integers else ([own] if is_list else own)
        return with_parameters(layer, parameters, *arguments, **row.settings)

    if arrays or values:
        nl.check_grads(run, *arrays, *values, order=2)


@every_layer
def test_training_and_inference_differ_only_where_they_should(row: LayerRow) -> None:
    layer, x = row.make(), batch(row)
    assert layer.training
    first, second = called(layer, row, x, 0), called(layer, row, x, 1)
    layer.eval()
    assert not any(module.training for module in layer.modules())
    calm = called(layer, row, x)
    assert_equal(called(layer, row, x, 1), calm)
    if row.is_random:
        assert differ(first, second)
        if not layer.num_parameters():
            assert_equal(calm, x)
    else:
        assert_equal(first, second)
        assert differ(calm, first) == row.uses_statistics


@every_layer
def test_saved_state_gives_a_fresh_layer_the_same_outputs(row: LayerRow) -> None:
    x, trained, fresh = batch(row), row.make().eval(), row.make().eval()
    called(trained, row, x), called(fresh, row, x)
    for parameter in trained.parameters():
        parameter.data += nl.random.generator().random(parameter.shape, np.float32)
    expected, state = called(trained, row, x), trained.state_dict()
    fresh.load_state_dict(state)
    assert_equal(called(fresh, row, x), expected)
    for name, parameter in fresh.named_parameters():
        assert not np.shares_memory(parameter.data, state[name])


@every_layer
def test_weights_go_out_and_in(row: LayerRow) -> None:
    x, trained, fresh = batch(row), row.make().eval(), row.make().eval()
    expected = called(trained, row, x, 1)
    for weights in (trained.get_weights(), trained.weights):
        called(fresh, row, x, 2)
        fresh.set_weights(weights)
        assert_equal(called(fresh, row, x), expected)
        fresh = row.make().eval()


@every_layer
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))], ids=["copy", "pickle"]
)
def test_copies_give_the_same_and_share_nothing(row: LayerRow, way: Any) -> None:
    layer, x = row.make(), batch(row)
    called(layer, row, x)
    other = way(layer)
    assert_equal(called(other, row, x), called(layer, row, x))
    assert repr(other) == repr(layer)
    for mine, yours in zip(layer.parameters(), other.parameters(), strict=True):
        assert not np.shares_memory(mine.data, yours.data)
        yours.data[...] += 1
        assert not np.array_equal(mine.data, yours.data)
    unbuilt = way(row.make())
    assert [y.shape for y in called(unbuilt, row, x)] == shapes_of(row)


@every_layer
def test_prints_as_the_code_that_builds_it(row: LayerRow) -> None:
    layer = row.make()
    assert repr(layer) == row.code
    called(layer, row, batch(row))
    count = layer.num_parameters()
    assert repr(layer) == row.code + (f"  # {count:,} parameters" if count else "")
    again = eval(repr(layer), layer_names())
    called(again, row, batch(row))
    assert repr(again) == repr(layer)


@every_layer_with_one_input
def test_built_from_input_shape_it_is_the_same_as_built_by_a_call(row: LayerRow) -> None:
    nl.random.seed(4)
    early = row.make(input_shape=row.input_shape[1:])
    assert f"input_shape={row.input_shape[1:]}" in repr(early)
    assert early.num_parameters() == 0 or early.built
    late = row.make()
    called(late, row, batch(row), seed=4)
    called(early, row, batch(row), seed=4)
    assert list(early.state_dict()) == list(late.state_dict())
    for one, other in zip(early.get_weights(), late.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@every_layer
def test_inputs_that_do_not_fit_are_named(row: LayerRow) -> None:
    layer = row.make()
    called(layer, row, batch(row))
    for shape in row.misfits:
        with pytest.raises(ValueError, match=r"expected|cannot hold") as caught:
            layer(np.ones(shape, np.float32), **row.settings)
        assert str(caught.value).startswith(layer.label)
        assert str(shape) in str(caught.value)
    assert [y.shape for y in called(layer, row, batch(row))] == shapes_of(row)


@every_layer_with_one_input
def test_works_inside_sequential(row: LayerRow) -> None:
    layer, (x,) = row.make(), batch(row)
    alone = copy.deepcopy(layer)
    model = Sequential([layer])
    assert_equal(called(model, row, [x]), called(alone, row, [x]))
    assert [f"layers.0.{name}" for name in layer.state_dict()] == list(model.state_dict())
    leaf = nl.tensor(x, requires_grad=not row.integers)
    y = model(leaf, **row.settings)
    if y.requires_grad:
        y.sum().backward()
    assert row.integers or leaf.grad is not None
    assert all(p.grad is not None and p.grad.dtype == np.float32 for p in model.parameters())


@every_layer_with_one_input
def test_a_frozen_layer_gets_no_gradients_also_if_built_later(row: LayerRow) -> None:
    layer = row.make()
    layer.trainable = False
    x = nl.tensor(*batch(row), requires_grad=not row.integers)
    y = layer(x, **row.settings)
    assert y.requires_grad == (not row.integers)
    if y.requires_grad:
        y.sum().backward()
        assert x.grad is not None
    assert all(p.grad is None and not p.requires_grad for p in layer.parameters())


@every_layer_with_one_input
def test_an_empty_batch_keeps_its_shape(row: LayerRow) -> None:
    layer, (x,) = row.make(), batch(row)
    called(layer, row, [x])
    layer.eval()
    assert layer(x[:0], **row.settings).shape == (0, *row.output_shape[1:])
