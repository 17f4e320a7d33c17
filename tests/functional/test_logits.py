"""Losses of probabilities start from the logits, and still depend on the probabilities for whoever asks there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite import losses

GENERATOR = np.random.default_rng(4)
X = GENERATOR.normal(size=(5, 3))
ONE_HOT = np.eye(3)[[0, 2, 1, 1, 0]]
BITS = (X > 0.3).astype(float)

Case = tuple[Callable[[Any], Any], losses.Loss, Any, Callable[[Any, Any], Any]]


def renormalised_crossentropy(y: Any, p: Any) -> Any:
    """The loss of probabilities as a formula, without a way past them."""
    return -(y * F.log(p / p.sum(axis=-1, keepdims=True))).sum(axis=-1).mean()


def crossentropy_of_bits(y: Any, p: Any) -> Any:
    """The binary loss as a formula."""
    return -(y * F.log(p) + (1 - y) * F.log(1 - p)).mean()


CASES: list[Any] = [
    pytest.param(F.softmax, losses.CategoricalCrossentropy(), ONE_HOT, renormalised_crossentropy, id="softmax"),
    pytest.param(
        F.softmax,
        losses.SparseCategoricalCrossentropy(),
        ONE_HOT.argmax(axis=1),
        lambda y, p: renormalised_crossentropy(ONE_HOT, p),
        id="sparse",
    ),
    pytest.param(F.sigmoid, losses.BinaryCrossentropy(), BITS, crossentropy_of_bits, id="sigmoid"),
    pytest.param(F.sigmoid, losses.BinaryFocalCrossentropy(gamma=0.0), BITS, crossentropy_of_bits, id="focal"),
]
every_case = pytest.mark.parametrize(("activation", "loss", "y", "formula"), CASES)


def leaf() -> nl.Tensor:
    """Logits that are trained."""
    return nl.tensor(X, requires_grad=True)


@every_case
def test_the_gradient_of_the_probabilities_is_that_of_the_formula(
    activation: Any, loss: Any, y: Any, formula: Any
) -> None:
    for extra in (lambda p: 0.0, lambda p: (p**2).sum()):
        p, q = activation(leaf()), nl.tensor(activation(X), requires_grad=True)
        (got,) = nl.grad(loss(y, p) + extra(p), p)
        (expected,) = nl.grad(formula(y, q) + extra(q), q)
        np.testing.assert_allclose(got.data, expected.data, rtol=1e-10, atol=1e-12)


@every_case
def test_hooks_and_retained_gradients_see_it_also_if_asked_after_the_loss(
    activation: Any, loss: Any, y: Any, formula: Any
) -> None:
    q = nl.tensor(activation(X), requires_grad=True)
    (expected,) = nl.grad(formula(y, q), q)
    for after in (False, True):
        x = leaf()
        p = activation(x)
        value = loss(y, p) if after else None
        seen: list[Any] = []
        p.retain_grad()
        p.register_hook(lambda g, seen=seen: seen.append(g.copy()))
        value = value if after else loss(y, p)
        value.backward()
        np.testing.assert_allclose(p.grad, expected.data, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(seen, [expected.data], rtol=1e-10, atol=1e-12)
        plain = leaf()
        loss(y, activation(plain)).backward()
        np.testing.assert_allclose(x.grad, plain.grad, rtol=1e-9, atol=1e-12)


@every_case
def test_a_hook_that_replaces_the_gradient_is_obeyed(activation: Any, loss: Any, y: Any, formula: Any) -> None:
    x, plain = leaf(), leaf()
    p = activation(x)
    value = loss(y, p)
    p.register_hook(lambda g: 3 * g)
    value.backward()
    loss(y, activation(plain)).backward()
    np.testing.assert_allclose(x.grad, 3 * plain.grad, rtol=1e-9, atol=1e-12)


@every_case
def test_second_derivatives_through_the_probabilities_and_past_them(
    activation: Any, loss: Any, y: Any, formula: Any
) -> None:
    def twice(first_of: Callable[[Any], Any], way: str) -> Any:
        x = leaf()
        p = activation(x)
        asked = p if way == "p" else x
        (first,) = nl.grad(first_of(p), asked, create_graph=True)
        return nl.grad((first * np.cos(X)).sum(), asked)[0].data

    for way in ("p", "x"):
        got, expected = twice(lambda p: loss(y, p), way), twice(lambda p: formula(y, p), way)
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-10)


@every_case
def test_a_hook_that_is_gone_leaves_the_short_way(activation: Any, loss: Any, y: Any, formula: Any) -> None:
    x = nl.tensor(X * 0 + [200.0, -200.0, 100.0], requires_grad=True)
    p = activation(x)
    value = loss(y, p)
    p.register_hook(lambda g: None).remove()
    value.backward()
    exact = activation(x).data - (ONE_HOT if activation is F.softmax else y)
    np.testing.assert_allclose(x.grad, exact / (5 if activation is F.softmax else 15), atol=1e-12)


def test_probabilities_that_are_constants_are_constants_whatever_their_logits_are() -> None:
    x = leaf()
    with nl.no_grad():
        p = F.softmax(x)
    value = losses.CategoricalCrossentropy()(ONE_HOT, p)
    assert not value.requires_grad
    assert not losses.CategoricalCrossentropy()(ONE_HOT, F.softmax(x).detach()).requires_grad


def test_logits_that_changed_since_are_forgotten_and_so_are_those_of_replaced_probabilities() -> None:
    w = nl.Parameter(X)
    with nl.no_grad():
        p = F.softmax(w)
        w -= 5 * ONE_HOT
    expected = -np.log(p.data[ONE_HOT == 1]).mean()
    np.testing.assert_allclose(losses.CategoricalCrossentropy()(ONE_HOT, p).data, expected)
    p = F.softmax(nl.tensor(X))
    p.data = np.full((5, 3), 1 / 3)
    np.testing.assert_allclose(losses.CategoricalCrossentropy()(ONE_HOT, p).data, np.log(3))


def test_targets_that_require_grad_are_refused_rather_than_cut_off() -> None:
    target, prediction = nl.tensor([[1.0, 2.0]], requires_grad=True), nl.tensor([[3.0, 5.0]], requires_grad=True)
    with pytest.raises(TypeError, match=r"MeanSquaredError differentiates y_pred only.*\(y_true, y_pred\)"):
        losses.MeanSquaredError()(target, prediction)
    with nl.no_grad():
        assert losses.MeanSquaredError()(target, prediction).item() == 6.5
    losses.MeanSquaredError()(target.detach(), prediction).backward()
    np.testing.assert_array_equal(prediction.grad, [[2, 3]])


@every_case
def test_probabilities_that_became_leaves_get_their_gradient(activation: Any, loss: Any, y: Any, formula: Any) -> None:
    with nl.no_grad():
        p = activation(leaf())
    p.requires_grad = True
    loss(y, p).backward()
    q = nl.tensor(p.data, requires_grad=True)
    (expected,) = nl.grad(formula(y, q), q)
    np.testing.assert_allclose(p.grad, expected.data, rtol=1e-10, atol=1e-12)
