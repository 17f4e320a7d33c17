"""Every sample of every function through every check; and every function and setting in some sample."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from tests.op_samples import NONDIFFERENTIABLE, SAMPLES, Sample

DIFFERENTIABLE = [s for s in SAMPLES if s.function.__name__ not in NONDIFFERENTIABLE]
TWINNED = [s for s in DIFFERENTIABLE if getattr(s.function, "twin", None) is not None]


def floating(sample: Sample) -> list[int]:
    """The positions of the arrays that are differentiated."""
    return [i for i, a in enumerate(sample.args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]


def call(sample: Sample, *arrays: Any, function: Callable[..., Any] | None = None) -> Any:
    """Call the sample's function with its floating arrays replaced, and arrays among the settings in their dtype."""
    args, settings = list(sample.args), dict(sample.settings)
    for i, array in zip(floating(sample), arrays, strict=True):
        args[i] = array
    for name, value in settings.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            settings[name] = value.astype(arrays[0].dtype)
    return (function or sample.function)(*args, **settings)


def differentiated(sample: Sample) -> list[np.ndarray]:
    """The arrays that are differentiated."""
    return [sample.args[i] for i in floating(sample)]


def outputs_of(value: Any) -> list[Any]:
    """One output or several, as a list."""
    return list(value) if isinstance(value, (tuple, list)) else [value]


def leaves_of(sample: Sample, dtype: str = "float64") -> list[nl.Tensor]:
    """Leaves that hold arrays of their own."""
    return [nl.tensor(a.astype(dtype), requires_grad=True) for a in differentiated(sample)]


def backward_from(value: Any, seed: int = 0) -> list[np.ndarray]:
    """Run backward from every output with random cotangents, which are read-only; return these."""
    generator = np.random.default_rng(seed)
    cotangents = []
    for output in outputs_of(value):
        if isinstance(output, nl.Tensor) and output.requires_grad:
            g = np.asarray(generator.normal(size=output.shape), output.dtype)
            g.flags.writeable = False
            cotangents.append(g)
            output.backward(g, retain_graph=True)
    return cotangents


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_value_is_the_formulas(sample: Sample) -> None:
    value = outputs_of(sample.function(*sample.args, **sample.settings))
    expected = outputs_of(sample.expected(*sample.args, **sample.settings))
    assert len(value) == len(expected)
    for got, wanted in zip(value, expected, strict=True):
        assert np.shape(got) == np.shape(wanted)
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_arrays_in_arrays_out_tensors_in_the_same_values_out(sample: Sample) -> None:
    plain = outputs_of(sample.function(*sample.args, **sample.settings))
    assert not any(isinstance(o, nl.Tensor) for o in plain)
    recorded = outputs_of(call(sample, *leaves_of(sample)))
    for array, tensor in zip(plain, recorded, strict=True):
        values = tensor.data if isinstance(tensor, nl.Tensor) else tensor
        assert values.dtype == array.dtype
        np.testing.assert_allclose(values, array, rtol=1e-14, atol=1e-15)  # BLAS may round another layout differently


@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_derivatives_are_those_of_finite_differences(sample: Sample) -> None:
    nl.check_grads(lambda *arrays: call(sample, *arrays), *differentiated(sample), order=sample.orders)


@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_float32_stays_float32(sample: Sample) -> None:
    leaves, doubles = leaves_of(sample, "float32"), leaves_of(sample)
    value, exact = call(sample, *leaves), call(sample, *doubles)
    for output, wanted in zip(outputs_of(value), outputs_of(exact), strict=True):
        if isinstance(output, nl.Tensor):
            assert output.dtype == np.float32
            np.testing.assert_allclose(output.data, wanted.data, rtol=2e-3, atol=2e-3)
    backward_from(value)
    backward_from(exact)
    for leaf, double in zip(leaves, doubles, strict=True):
        assert (leaf.grad is None) == (double.grad is None)
        if leaf.grad is not None:
            assert leaf.grad.dtype == np.float32
            np.testing.assert_allclose(leaf.grad, double.grad, rtol=1e-2, atol=1e-2)
    plain = call(sample, *(leaf.data for leaf in leaves))
    assert all(np.asarray(o).dtype == np.float32 for o in outputs_of(plain) if np.asarray(o).dtype.kind == "f")


@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_nothing_that_is_given_is_changed_and_nothing_that_is_returned_is_shared(sample: Sample) -> None:
    leaves = leaves_of(sample)
    for leaf in leaves:
        leaf.data.flags.writeable = False
    constants = [a for a in sample.args if isinstance(a, np.ndarray) and a.dtype.kind != "f"]
    before = [a.copy() for a in constants]
    value = call(sample, *leaves)
    values = [o.data.copy() for o in outputs_of(value) if isinstance(o, nl.Tensor)]
    cotangents = backward_from(value)  # read-only, as the leaves' data are: a change would raise
    for array, copy in zip(constants, before, strict=True):
        np.testing.assert_array_equal(array, copy)
    tensors = [o for o in outputs_of(value) if isinstance(o, nl.Tensor)]
    for tensor, copy in zip(tensors, values, strict=True):
        np.testing.assert_array_equal(tensor.data, copy)
    if not cotangents:
        return
    gradients = [leaf.grad for leaf in leaves if leaf.grad is not None]
    assert gradients
    others = [*(leaf.data for leaf in leaves), *(t.data for t in tensors), *cotangents]
    for i, gradient in enumerate(gradients):
        assert type(gradient) is np.ndarray
        assert gradient.flags.writeable
        assert not any(np.shares_memory(gradient, other) for other in others + gradients[:i])


@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_gradients_are_linear_in_the_cotangent_and_add_up(sample: Sample) -> None:
    once, twice = leaves_of(sample), leaves_of(sample)
    backward_from(call(sample, *once))
    value = call(sample, *twice)
    backward_from(value)
    backward_from(value)
    for one, two in zip(once, twice, strict=True):
        if one.grad is not None:
            np.testing.assert_allclose(two.grad, 2 * one.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("sample", TWINNED, ids=str)
def test_twin_is_the_fast_path_in_value_and_gradient(sample: Sample) -> None:
    fast, slow = leaves_of(sample), leaves_of(sample)
    value = call(sample, *fast)
    twin = call(sample, *slow, function=sample.function.twin)  # type: ignore[attr-defined]
    for output, other in zip(outputs_of(value), outputs_of(twin), strict=True):
        np.testing.assert_allclose(output.data, other.data, rtol=1e-10, atol=1e-12)
    backward_from(value)
    backward_from(twin)
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(one.grad, other.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.function.__name__ in NONDIFFERENTIABLE], ids=str)
def test_functions_without_a_derivative_give_constants(sample: Sample) -> None:
    for output in outputs_of(call(sample, *leaves_of(sample))):
        assert not getattr(output, "requires_grad", False)


def test_lists_of_functions_name_functions() -> None:
    known = {name for name in F.__all__ if callable(getattr(F, name))}
    assert known == set(F.__all__)
    assert known >= NONDIFFERENTIABLE


@pytest.mark.parametrize("name", F.__all__)
def test_every_function_is_in_a_sample(name: str) -> None:
    assert any(s.function.__name__ == name for s in SAMPLES), f"functional.{name} has no sample in tests/op_samples"


@pytest.mark.parametrize(
    ("name", "setting"),
    [(name, setting) for name in F.__all__ for setting in inspect.signature(getattr(F, name)).parameters],
)
def test_every_setting_is_in_a_sample(name: str, setting: str) -> None:
    parameter = inspect.signature(getattr(F, name)).parameters[setting]
    assert parameter.kind is not parameter.VAR_KEYWORD, "a public function names its settings"
    if parameter.kind is parameter.VAR_POSITIONAL:
        return
    given = [arguments[setting] for s in SAMPLES if s.function.__name__ == name and setting in (arguments := bound(s))]
    assert any(not is_same(value, parameter.default) for value in given), (
        f"no sample of functional.{name} gives {setting} a value other than {parameter.default}"
    )


def bound(sample: Sample) -> dict[str, Any]:
    """The arguments of a sample by name; a sample may wrap a function that takes a list, to take its items."""
    is_wrapper = sample.function is not getattr(F, sample.function.__name__, None)
    signature = inspect.signature(sample.function, follow_wrapped=not is_wrapper)
    return dict(signature.bind(*sample.args, **sample.settings).arguments)


def is_same(value: Any, default: Any) -> bool:
    """Whether a setting was given its default value."""
    if value is default:
        return True
    if isinstance(value, np.ndarray) or type(value) is not type(default):
        return False
    return bool(value == default) or (isinstance(value, float) and math.isnan(value) and math.isnan(default))
