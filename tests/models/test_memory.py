"""What training leaves behind: nothing for the garbage collector, and no more memory after many steps."""

import gc
import tracemalloc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Conv2D, Dense, Dropout, Flatten, MaxPool2D
from nnlite.models import Sequential

IMAGES = np.random.default_rng(0).normal(size=(32, 8, 8, 1)).astype(np.float32)
LABELS = np.arange(32) % 3


@pytest.fixture
def collector_off() -> Iterator[None]:
    """Leave freeing to reference counts."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def trained(**settings: Any) -> Sequential:
    """A network with a bit of everything, after an epoch."""
    model = Sequential(
        [
            Conv2D(4, 3, activation="relu"),
            MaxPool2D(),
            Flatten(),
            Dropout(0.2),
            Dense(8, activation="tanh"),
            Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(IMAGES, LABELS, batch_size=8, verbose=0, **settings)
    return model


@pytest.mark.usefixtures("collector_off")
class TestNothingIsLeft:
    def test_of_a_dropped_model(self) -> None:
        trained(validation_split=0.25)  # what is made once, for the whole library, is made here
        gc.collect()
        model = trained(validation_split=0.25)
        model.evaluate(IMAGES, LABELS, verbose=0)
        model.predict(IMAGES)
        watched = [weakref.ref(model), *map(weakref.ref, model.parameters()), *map(weakref.ref, model.layers)]
        del model
        assert [ref() for ref in watched] == [None] * len(watched)
        assert gc.collect() == 0

    def test_of_a_dropped_pair_that_shares_a_network(self) -> None:
        def make() -> list[Any]:
            inner = Sequential([Dense(3)])
            inner.compile("sgd", "mse")
            inner.trainable = False
            outer = Sequential([Dense(2), inner])
            outer.compile("sgd", "mse")
            outer.train_on_batch(np.ones((4, 2)), np.ones((4, 3)))
            inner.train_on_batch(np.ones((4, 2)), np.ones((4, 3)))
            return [weakref.ref(inner), weakref.ref(outer)]

        make()
        gc.collect()
        assert [ref() for ref in make()] == [None, None]
        assert gc.collect() == 0

    def test_of_a_step_of_ones_own(self) -> None:
        model = trained()
        optimizer = nl.optimizers.SGD(0.01, parameters=model.parameters())
        loss = nl.losses.SparseCategoricalCrossentropy()

        def step() -> list[Any]:
            y = model(IMAGES)
            value = loss(LABELS, y)
            value.backward()
            optimizer.step()
            optimizer.zero_grad()
            return [weakref.ref(y), weakref.ref(value)]

        step()
        gc.collect()
        assert [ref() for ref in step()] == [None, None]
        assert gc.collect() == 0

    def test_of_a_graph_that_nobody_ran_backward(self) -> None:
        model = trained()
        loss = nl.losses.SparseCategoricalCrossentropy()
        for _ in range(2):
            gc.collect()
            value = loss(LABELS, model(IMAGES))
            del value
        assert gc.collect() == 0


def test_memory_does_not_grow_with_the_steps() -> None:
    model = trained()

    def steps(n: int) -> None:
        for _ in range(n):
            model.train_on_batch(IMAGES, LABELS)

    tracemalloc.start()
    try:
        steps(100)  # NumPy's own small caches fill first
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        steps(200)
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 30_000  # a leaked node a step would be 100,000, a leaked activation 3,600,000
    assert peak - before < 1_000_000
