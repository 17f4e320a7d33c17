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
from tests.conformance import LAYERS, LayerRow, namespace

every_layer = pytest.mark.parametrize("row", LAYERS, ids=str)


def batch(row: LayerRow, dtype: str = "float32", seed: int = 1) -> NDArray[Any]:
    """A batch of inputs, in which integers are small."""
    values = np.random.default_rng(seed).normal(size=row.input_shape)
    return (values * 10).round().astype(dtype) if dtype == "uint8" else values.astype(dtype)


def output(layer: Module, x: Any, seed: int = 0) -> NDArray[Any]:
    """What the layer gives, with the library's generator seeded."""
    nl.random.seed(seed)
    y: NDArray[Any] = layer(x).numpy()
    return y


def with_parameters(module: Module, values: Sequence[Any], *inputs: Any) -> Any:
    """Call a module with other Tensors in the places of its parameters."""
    modules = dict(module.named_modules())
    places = [(modules[name.rpartition(".")[0]], name.rpartition(".")[2]) for name, _ in module.named_parameters()]
    own = [getattr(owner, name) for owner, name in places]
    try:
        for (owner, name), value in zip(places, values, strict=True):
            setattr(owner, name, value)
        return module(*inputs)
    finally:
        for (owner, name), value in zip(places, own, strict=True):
            setattr(owner, name, value)


def test_every_layer_is_in_the_table() -> None:
    kinds = {getattr(layers, name) for name in layers.__all__} - {Module}
    assert {type(row.make()) for row in LAYERS} == kinds


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_output_has_the_expected_shape_and_dtype(row: LayerRow, dtype: str) -> None:
    layer = row.make()
    y = layer(batch(row, dtype))
    assert isinstance(y, nl.Tensor)
    assert y.shape == row.output_shape
    assert np.isfinite(y.data).all()
    if row.keeps_dtype or (dtype == "float64" and not layer.num_parameters()):
        assert y.dtype == dtype
    else:
        assert y.dtype == np.float32
    assert all(p.dtype == np.float32 for p in layer.parameters())


@every_layer
def test_gradients_of_input_and_parameters_are_those_of_finite_differences(row: LayerRow) -> None:
    layer = row.make()
    layer(batch(row))
    layer.astype("float64")
    values = [p.data + np.random.default_rng(2).normal(size=p.shape) / 2 for p in layer.parameters()]

    def called(x: nl.Tensor, *parameters: nl.Tensor) -> Any:
        nl.random.seed(3)
        if getattr(layer, "seed", None) is not None:
            layer._generator = np.random.default_rng(layer.seed)  # type: ignore[attr-defined]
        return with_parameters(layer, parameters, x)

    nl.check_grads(called, batch(row, "float64"), *values)


@every_layer
def test_training_and_inference_differ_only_where_the_layer_is_random(row: LayerRow) -> None:
    layer, x = row.make(), batch(row)
    assert layer.training
    first, second = output(layer, x, 0), output(layer, x, 1)
    layer.eval()
    assert not any(module.training for module in layer.modules())
    calm = output(layer, x)
    np.testing.assert_array_equal(output(layer, x, 1), calm)
    if row.is_random:
        assert not np.array_equal(first, second)
        np.testing.assert_array_equal(calm, x)
    else:
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(calm, first)


@every_layer
def test_saved_state_gives_a_fresh_layer_the_same_outputs(row: LayerRow) -> None:
    x, trained, fresh = batch(row), row.make().eval(), row.make().eval()
    output(trained, x), output(fresh, x)
    for parameter in trained.parameters():
        parameter.data += nl.random.generator().random(parameter.shape, np.float32)
    expected, state = output(trained, x), trained.state_dict()
    assert not state or not np.array_equal(output(fresh, x), expected)
    fresh.load_state_dict(state)
    np.testing.assert_array_equal(output(fresh, x), expected)
    for name, parameter in fresh.named_parameters():
        assert not np.shares_memory(parameter.data, state[name])


@every_layer
def test_weights_go_out_and_in(row: LayerRow) -> None:
    x, trained, fresh = batch(row), row.make().eval(), row.make().eval()
    expected = output(trained, x, 1)
    for weights in (trained.get_weights(), trained.weights):
        output(fresh, x, 2)
        fresh.set_weights(weights)
        np.testing.assert_array_equal(output(fresh, x), expected)
        fresh = row.make().eval()


@every_layer
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))], ids=["copy", "pickle"]
)
def test_copies_give_the_same_and_share_nothing(row: LayerRow, way: Any) -> None:
    layer, x = row.make(), batch(row)
    layer(x)
    other = way(layer)
    np.testing.assert_array_equal(output(other, x), output(layer, x))
    assert repr(other) == repr(layer)
    for mine, yours in zip(layer.parameters(), other.parameters(), strict=True):
        assert not np.shares_memory(mine.data, yours.data)
        yours.data[...] += 1
        assert not np.array_equal(mine.data, yours.data)
    unbuilt = way(row.make())
    assert unbuilt(x).shape == row.output_shape


@every_layer
def test_prints_as_the_code_that_builds_it(row: LayerRow) -> None:
    layer = row.make()
    assert repr(layer) == row.code
    layer(batch(row))
    count = layer.num_parameters()
    assert repr(layer) == row.code + (f"  # {count:,} parameters" if count else "")
    again = eval(repr(layer), namespace())
    again(batch(row))
    assert repr(again) == repr(layer)


@every_layer
def test_built_from_input_shape_it_is_the_same_as_built_by_a_call(row: LayerRow) -> None:
    nl.random.seed(4)
    early = row.make(input_shape=row.input_shape[1:])
    assert f"input_shape={row.input_shape[1:]}" in repr(early)
    assert early.num_parameters() == 0 or early.built
    nl.random.seed(4)
    late = row.make()
    late(batch(row))
    early(batch(row))
    assert list(early.state_dict()) == list(late.state_dict())
    for one, other in zip(early.get_weights(), late.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@every_layer
def test_inputs_that_do_not_fit_are_named(row: LayerRow) -> None:
    layer = row.make()
    layer(batch(row))
    for shape in row.misfits:
        with pytest.raises(ValueError, match=r"expected|cannot hold") as caught:
            layer(np.ones(shape, np.float32))
        assert str(caught.value).startswith(layer.label)
        assert str(shape) in str(caught.value)
    assert layer(batch(row)).shape == row.output_shape


@every_layer
def test_works_inside_sequential(row: LayerRow) -> None:
    layer, x = row.make(), batch(row)
    alone = copy.deepcopy(layer)
    model = Sequential([layer])
    np.testing.assert_array_equal(output(model, x), output(alone, x))
    assert [f"layers.0.{name}" for name in layer.state_dict()] == list(model.state_dict())
    leaf = nl.tensor(x, requires_grad=True)
    model(leaf).sum().backward()
    assert leaf.grad is not None
    assert all(p.grad is not None and p.grad.dtype == np.float32 for p in model.parameters())


@every_layer
def test_a_frozen_layer_gets_no_gradients_also_if_built_later(row: LayerRow) -> None:
    layer = row.make()
    layer.trainable = False
    x = nl.tensor(batch(row), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    assert all(p.grad is None and not p.requires_grad for p in layer.parameters())


@every_layer
def test_an_empty_batch_keeps_its_shape(row: LayerRow) -> None:
    layer = row.make()
    layer(batch(row))
    assert layer(np.ones((0, *row.input_shape[1:]), np.float32)).shape == (0, *row.output_shape[1:])
