"""Small parameters that are updated as one array: to the bit what updating each by itself gives."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import nnlite as nl
from nnlite.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    FirstOrderOptimizer,
    Lion,
    Nadam,
    RAdam,
    RMSprop,
    Rprop,
)  # fmt: skip

SHAPES = [(3, 4), (4,), (), (70, 70), (5, 1)]  # the fourth is too large to be joined

RULES: list[Callable[[], FirstOrderOptimizer]] = [
    SGD,
    lambda: SGD(0.1, momentum=0.9, nesterov=True),
    lambda: SGD(0.1, momentum=0.5, clipvalue=0.3),
    lambda: Adam(0.1, amsgrad=True),
    lambda: Adam(0.1, weight_decay=0.1, global_clipnorm=0.5),
    lambda: AdamW(0.1),
    lambda: RMSprop(0.1, centered=True, momentum=0.5),
    lambda: Adam(0.1, clipnorm=0.5),
    Adagrad, Adadelta, Adamax, Nadam, RAdam, Lion, Rprop,
]  # fmt: skip


def parameters() -> list[nl.Parameter]:
    generator = np.random.default_rng(0)
    return [nl.Parameter(generator.normal(size=shape)) for shape in SHAPES]


def train(optimizer: FirstOrderOptimizer, weights: list[nl.Parameter], steps: int, first: int = 0) -> None:
    for number in range(first, first + steps):
        generator = np.random.default_rng(number)
        for w in weights:
            w.grad = generator.normal(size=w.shape).astype(w.dtype)
        optimizer.step()


def assert_same(found: list[nl.Parameter], expected: list[nl.Parameter]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.data, b.data, strict=True)


def one_by_one(rule: Callable[[], FirstOrderOptimizer], steps: int) -> list[nl.Parameter]:
    weights, optimizer = parameters(), rule()
    optimizer.elementwise = False
    optimizer.bind(weights)
    train(optimizer, weights, steps)
    return weights


@pytest.mark.parametrize("rule", RULES)
def test_gives_the_same_bits_as_one_by_one(rule: Callable[[], FirstOrderOptimizer]) -> None:
    weights, optimizer = parameters(), rule()
    optimizer.bind(weights)
    before = [(w.data, w.version) for w in weights]
    train(optimizer, weights, 5)
    assert_same(weights, one_by_one(rule, 5))
    for w, (memory, version) in zip(weights, before, strict=True):
        assert w.data is memory  # changed in place
        assert w.version == version + 5


def test_every_small_parameter_is_joined() -> None:
    calls = []

    class Counting(SGD):
        def update(self, w, g, slots, rate):  # type: ignore[no-untyped-def]
            calls.append(w.shape)
            super().update(w, g, slots, rate)

    weights = parameters()
    train(Counting(parameters=weights), weights, 1)
    assert calls == [(12 + 4 + 1 + 5,), (70, 70)]


def test_state_can_be_taken_and_put_back_between_steps() -> None:
    weights, other = parameters(), parameters()
    optimizer = Adam(0.1, parameters=weights)
    train(optimizer, weights, 3)
    resumed = Adam(0.1, parameters=other)
    train(resumed, other, 1)  # has joined arrays already
    resumed.load_state_dict(optimizer.state_dict())
    for w, v in zip(weights, other, strict=True):
        v.data[...] = w.data
    train(resumed, other, 2, first=3)
    assert_same(other, one_by_one(lambda: Adam(0.1), 5))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_copies_go_on_by_themselves(copied: Callable[..., tuple[Adam, list[nl.Parameter]]]) -> None:
    weights = parameters()
    optimizer = Adam(0.1, parameters=weights)
    train(optimizer, weights, 3)
    other, its_weights = copied((optimizer, weights))
    train(other, its_weights, 2, first=3)
    assert_same(its_weights, one_by_one(lambda: Adam(0.1), 5))
    assert other.state_dict()["slots"]["0"]["m"].any()
    assert_same(weights, one_by_one(lambda: Adam(0.1), 3))


def test_a_parameter_without_gradient_or_frozen_stays_and_the_others_are_updated() -> None:
    def trained(elementwise: bool) -> list[nl.Parameter]:
        weights, optimizer = parameters(), SGD(0.1, momentum=0.9)
        optimizer.elementwise = elementwise
        optimizer.bind(weights)
        train(optimizer, weights, 2)
        weights[0].requires_grad = False
        train(optimizer, weights, 2, first=2)
        weights[0].requires_grad = True
        for w in weights[1:]:
            w.grad = np.ones_like(w.data)
        weights[0].grad = None
        optimizer.step()
        train(optimizer, weights, 2, first=4)
        return weights

    assert_same(trained(True), trained(False))


def test_groups_and_constraints_keep_their_own_settings() -> None:
    weights = [nl.Parameter([1.0]) for _ in range(4)]
    weights[3].constraint = nl.constraints.NonNeg()
    optimizer = SGD(0.5, parameters=[{"params": [weights[0]], "learning_rate": 0.25}, {"params": weights[1:]}])
    for w in weights:
        w.grad = np.full(1, 4, np.float32)
    optimizer.step()
    assert [w.item() for w in weights] == [0, -1, -1, 0]


def test_a_parameter_that_changed_its_dtype_is_updated_in_it() -> None:
    layer = nl.layers.Dense(2, input_shape=(2,))
    optimizer = SGD(0.1, parameters=layer.parameters())
    train(optimizer, list(layer.parameters()), 1)
    layer.astype(np.float64)
    before = layer.kernel.data.copy()
    train(optimizer, list(layer.parameters()), 1)
    step = np.random.default_rng(0).normal(size=(2, 2))
    np.testing.assert_allclose(layer.kernel.data, before - 0.1 * step, rtol=1e-14)


def test_a_constraint_that_comes_later_is_applied() -> None:
    weights = [nl.Parameter([1.0]), nl.Parameter([1.0])]
    optimizer = SGD(1.0, parameters=weights)
    for expected in (-1, 0):
        for w in weights:
            w.grad = np.full(1, 2, np.float32)
        optimizer.step()
        assert weights[0].item() == expected
        weights[0].constraint = nl.constraints.NonNeg()
