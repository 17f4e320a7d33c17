"""The library's generator: seeded, apart from NumPy's, and noted where a checkpoint must put it back."""

import threading

import numpy as np
import pytest

import nnlite as nl
from nnlite import random


def test_the_same_seed_gives_the_same_numbers() -> None:
    drawn = []
    for seed in (0, 0, 1, np.int64(1)):
        nl.random.seed(seed)
        drawn.append(nl.random.generator().random(3).tolist())
    assert drawn[0] == drawn[1] != drawn[2] == drawn[3]


def test_the_numbers_are_those_of_numpys_default_generator() -> None:
    nl.random.seed(5)
    assert nl.random.generator().random() == np.random.default_rng(5).random()


def test_it_is_always_the_same_object() -> None:
    before = nl.random.generator()
    nl.random.seed(3)
    assert nl.random.generator() is before


def test_seeding_forgets_everything_drawn_before() -> None:
    nl.random.seed(0)
    first = nl.random.generator().integers(0, 2**16, 3, dtype=np.uint16)  # leaves half a word in the generator's buffer
    nl.random.seed(0)
    np.testing.assert_array_equal(nl.random.generator().integers(0, 2**16, 3, dtype=np.uint16), first)


def test_none_takes_fresh_entropy() -> None:
    nl.random.seed(None)
    first = nl.random.generator().random()
    nl.random.seed()
    assert nl.random.generator().random() != first


@pytest.mark.parametrize("bad", [1.5, "0", True, [1]])
def test_a_seed_is_an_integer(bad: object) -> None:
    with pytest.raises(TypeError, match="integer or None, got"):
        nl.random.seed(bad)  # type: ignore[arg-type]


def test_and_not_negative() -> None:
    with pytest.raises(ValueError, match="non-negative integer, got -1"):
        nl.random.seed(-1)


def test_numpys_global_state_is_neither_read_nor_changed() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    nl.random.seed(0)
    nl.random.generator().random()
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], before)  # noqa: NPY002


def test_drawing_from_a_given_generator_leaves_the_librarys_alone() -> None:
    own = np.random.default_rng(0)
    state = nl.random.generator().bit_generator.state
    assert random.draw_from(own) is own
    random.draw_from(own).random()
    assert nl.random.generator().bit_generator.state == state
    assert random.draw_from(None) is nl.random.generator()


class TestRecordingAndRestoring:
    def test_the_state_noted_is_that_before_the_first_draw(self) -> None:
        with random.recorded() as states:
            first = random.draw_from(None).random(5)
            random.draw_from(None).random(5)
        assert list(states) == [nl.random.generator()]
        after = nl.random.generator().bit_generator.state
        with random.restored(states):
            np.testing.assert_array_equal(random.draw_from(None).random(5), first)
        assert nl.random.generator().bit_generator.state == after

    def test_generators_that_were_not_drawn_from_are_not_noted(self) -> None:
        with random.recorded() as states:
            nl.random.generator()
        assert states == {}

    def test_an_outer_recording_sees_what_an_inner_one_saw(self) -> None:
        own = np.random.default_rng(0)
        start = own.bit_generator.state
        with random.recorded() as outer:
            with random.recorded() as inner:
                random.draw_from(own).random()
            random.draw_from(None).random()
        assert set(inner) == {own}
        assert set(outer) == {own, nl.random.generator()}
        assert outer[own] == inner[own] == start

    def test_the_outer_one_keeps_the_earliest_state(self) -> None:
        own = np.random.default_rng(0)
        start = own.bit_generator.state
        with random.recorded() as outer:
            random.draw_from(own).random()
            with random.recorded() as inner:
                random.draw_from(own).random()
        assert outer[own] == start
        assert inner[own] != start

    def test_states_are_put_back_after_an_exception(self) -> None:
        with random.recorded() as states:
            random.draw_from(None).random()
        after = nl.random.generator().bit_generator.state
        with pytest.raises(ZeroDivisionError), random.restored(states):
            raise ZeroDivisionError
        assert nl.random.generator().bit_generator.state == after
        with pytest.raises(ZeroDivisionError), random.recorded():
            raise ZeroDivisionError
        with random.recorded() as again:
            random.draw_from(None)
        assert len(again) == 1

    def test_another_takes_the_place_of_the_library_s_until_an_error(self) -> None:
        own = np.random.default_rng(0)
        with random.replaced(own), random.recorded() as states:
            assert random.generator() is random.draw_from(None) is own
        assert set(states) == {own}
        with pytest.raises(ZeroDivisionError), random.replaced(own):
            raise ZeroDivisionError
        assert random.generator() is random.draw_from(None) is not own

    def test_other_threads_are_not_recorded(self) -> None:
        own = np.random.default_rng(0)
        with random.recorded() as states:
            thread = threading.Thread(target=lambda: random.draw_from(own).random())
            thread.start()
            thread.join()
        assert states == {}


def test_what_is_kept_comes_back_after_an_error_too() -> None:
    own = np.random.default_rng(5)
    before, own_before = random.generator().bit_generator.state, own.bit_generator.state
    with pytest.raises(ValueError, match="low >= high"), random.kept():
        random.draw_from(None).random() + random.draw_from(own).integers(random.draw_from(own).integers(2, 3), 1)
    assert random.generator().bit_generator.state == before
    assert own.bit_generator.state == own_before
