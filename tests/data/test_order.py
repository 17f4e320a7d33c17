"""The order of an epoch: what is in its batches, and that it can be taken up anywhere."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
from nnlite.data._order import Order, Part


def samples(order: Order) -> Iterator[list[int]]:
    """The samples of each batch."""
    return order.through(lambda parts: (np.arange(order.size)[part.samples].tolist() for part in parts))


def seeds(order: Order) -> Iterator[tuple[int, int] | None]:
    return order.through(lambda parts: (part.seed for part in parts))


@given(st.integers(1, 30), st.integers(1, 12), st.booleans(), st.booleans())
def test_every_sample_is_in_one_batch(size: int, batch_size: int, shuffle: bool, drop_last: bool) -> None:
    order = Order(size, batch_size, shuffle, drop_last)
    batches = list(samples(order))
    assert len(batches) == len(order)
    taken = [sample for batch in batches for sample in batch]
    assert len(taken) == len(set(taken)) == (size - size % batch_size if drop_last else size)
    assert all(len(batch) == batch_size for batch in batches[: len(batches) if drop_last else -1])
    if not shuffle:
        assert taken == list(range(len(taken)))


def test_samples_are_shuffled_and_not_batches() -> None:
    first = next(samples(Order(1000, 10, shuffle=True)))
    assert np.diff(sorted(first)).max() > 1


def test_the_stream_is_that_of_one_permutation_for_each_epoch() -> None:
    order = Order(10, 3, shuffle=True)
    nl.random.seed(5)
    found = [np.concatenate(list(samples(order))) for _ in range(3)]
    after = nl.random.generator().random()
    nl.random.seed(5)
    for epoch in found:
        np.testing.assert_array_equal(epoch, nl.random.generator().permutation(10))
    assert after == nl.random.generator().random()


def test_without_shuffling_nothing_is_drawn() -> None:
    before = nl.random.generator().bit_generator.state
    list(samples(Order(10, 3)))
    assert nl.random.generator().bit_generator.state == before


def an_order(own: bool, shuffle: bool, seeded: bool) -> Order:
    return Order(11, 3, shuffle, generator=np.random.default_rng(7) if own else None, seeded=seeded)


@given(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2), st.integers(0, 4))
def test_a_resumed_order_goes_on_as_if_never_stopped(
    own: bool, shuffle: bool, seeded: bool, epochs: int, handed_out: int
) -> None:
    def rest(order: Order, begun: Iterator[Any]) -> list[Any]:
        """What follows, with a training that draws from the library's generator in between."""
        following = []
        for epoch in range(2):
            for part in begun if epoch == 0 else parts(order):
                following.append((part.samples, part.seed, nl.random.generator().random()))
        return following

    def parts(order: Order) -> Iterator[Part]:
        return order.through(
            lambda found: (part._replace(samples=np.arange(11)[part.samples].tolist()) for part in found)
        )

    nl.random.seed(3)
    order = an_order(own, shuffle, seeded)
    for _ in range(epochs):
        for _ in parts(order):
            nl.random.generator().random()
    begun = parts(order)
    for _ in range(handed_out):
        next(begun)
        nl.random.generator().random()
    state, library = json.loads(json.dumps(order.state_dict())), nl.random.generator().bit_generator.state
    expected = rest(order, begun)

    nl.random.seed(99)
    resumed = an_order(own, shuffle, seeded)
    list(parts(resumed))  # it may have been used before
    resumed.load_state_dict(state)
    nl.random.generator().bit_generator.state = library
    assert rest(resumed, parts(resumed)) == expected


def test_what_is_made_ahead_does_not_count() -> None:
    order = Order(10, 2, shuffle=True)
    batches = order.through(lambda parts: (samples for samples in [part.samples for part in parts]))  # all at once
    next(batches)
    assert order.state_dict()["handed_out"] == 1


def test_an_epoch_broken_off_is_not_taken_up_unless_its_state_is_loaded() -> None:
    order = Order(10, 2)
    for _ in samples(order):
        break
    state = order.state_dict()
    assert [len(list(samples(order))) for _ in range(2)] == [5, 5]
    order.load_state_dict(state)
    assert [len(list(samples(order))) for _ in range(2)] == [4, 5]


def test_a_state_at_the_last_batch_leaves_an_epoch_without_batches() -> None:
    order = Order(4, 2)
    batches = samples(order)
    assert [next(batches), next(batches)] == [[0, 1], [2, 3]]
    state = order.state_dict()
    assert next(batches, None) is None
    through = order.state_dict()
    order.load_state_dict(state)
    assert [len(list(samples(order))) for _ in range(2)] == [0, 2]
    order.load_state_dict(through)
    assert len(list(samples(order))) == 2


def test_each_batch_has_a_seed_of_its_own() -> None:
    order = Order(6, 2, seeded=True)
    drawn = [seed for _ in range(2) for seed in seeds(order)]
    assert len(set(drawn)) == 6
    assert [number for _, number in drawn] == [0, 1, 2, 0, 1, 2]


def test_what_is_made_is_closed_when_the_iteration_is_dropped() -> None:
    closed = []

    def made(parts: Iterator[Part]) -> Iterator[Any]:
        try:
            yield from parts
        finally:
            closed.append(True)

    batches = Order(6, 2).through(made)
    next(batches)
    assert not closed
    del batches
    assert closed


@pytest.mark.parametrize("other", [Order(9, 2), Order(8, 3), Order(8, 2, shuffle=True), Order(8, 2, drop_last=True)])
def test_the_state_of_another_order_is_refused(other: Order) -> None:
    with pytest.raises(ValueError, match=r"expected the state of \{'size': 8, .*got that of"):
        Order(8, 2).load_state_dict(other.state_dict())


@pytest.mark.parametrize("change", [{"handed_out": 5}, {"handed_out": -1}, {"handed_out": 2, "before": None}])
def test_a_state_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    order = Order(8, 2, shuffle=True)
    batches = samples(order)
    next(batches)
    with pytest.raises(ValueError, match="expected a state that state_dict"):
        order.load_state_dict({**order.state_dict(), **change})
    assert len(list(batches)) == 3


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True, None, "2"])
def test_the_batch_size_is_a_positive_integer(batch_size: Any) -> None:
    with pytest.raises(ValueError, match=f"positive integer, got batch_size={batch_size!r}"):
        Order(3, batch_size)
