"""The recurrent kernels in parts and pieces: how the batch is cut changes nothing but rounding."""

import numpy as np
import pytest

from nnlite.kernels import gru, lstm, recurrent, rnn
from nnlite.kernels.parallel import get_num_threads, set_num_threads

RNG = np.random.default_rng(0)
KINDS = {"rnn": (rnn, 1, 1, {"nonlinearity": "tanh"}), "lstm": (lstm, 4, 2, {}), "gru": (gru, 3, 1, {})}


@pytest.fixture
def threads():
    before = get_num_threads()
    yield set_num_threads
    set_num_threads(before)


def passed(kind, batch=5, steps=7, features=3, units=4, needs=None, **settings):
    """Return what a pass gives, outputs and gradients, for the same numbers every time."""
    module, gates, states, more = KINDS[kind]
    rng = np.random.default_rng(1)
    shapes = [(batch, steps, features), (features, gates * units), (units, gates * units), *[(gates * units,)] * 2]
    arrays = [rng.normal(size=shape) for shape in [*shapes, *[(batch, units)] * states]]
    settings = {"mask": None, "reverse": False, **more, **settings}
    *values, tapes = module.forward(*arrays, **settings)
    cotangents = [rng.normal(size=value.shape) for value in values]
    nonlinearity = [settings["nonlinearity"]] if "nonlinearity" in settings else []
    needs = [True] * len(arrays) if needs is None else needs
    gradients = module.backward(tapes, *arrays[1:3], *cotangents, needs, *nonlinearity)
    assert [g is None or g.shape == a.shape for g, a in zip(gradients, arrays, strict=True)] == [True] * len(arrays)
    return [*values, *gradients], tapes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_parts_and_pieces_give_the_same(kind, reverse, masked, count, threads, monkeypatch):
    mask = RNG.random((5, 7)) < 0.6 if masked else None
    threads(1)
    whole, tapes = passed(kind, mask=mask, reverse=reverse)
    assert len(tapes) == len(recurrent.pieces_of(tapes[0])) == 1
    threads(count)
    monkeypatch.setattr(recurrent, "_WORTHWHILE", 0)
    monkeypatch.setattr(recurrent, "_ROWS", 3)
    cut, tapes = passed(kind, mask=mask, reverse=reverse)
    assert len(tapes) == count
    assert len(recurrent.pieces_of(tapes[0])) > 1
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_cut_gives_the_same_bits(kind, threads, monkeypatch):
    threads(2)
    monkeypatch.setattr(recurrent, "_WORTHWHILE", 0)
    first = passed(kind, batch=6)[0]
    for _ in range(5):
        for a, b in zip(first, passed(kind, batch=6)[0], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_needed_is_not_computed(kind):
    needs = [False] * (6 if kind != "lstm" else 7)
    values, _ = passed(kind, needs=needs)
    gradients = values[-len(needs) :]
    assert gradients[:5] == [None] * 5
    whole, _ = passed(kind)
    np.testing.assert_array_equal(gradients[5], whole[-len(needs) + 5])


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch(kind):
    values, _ = passed(kind, batch=0)
    assert values[0].shape == (0, 7, 4)


def test_the_tape_is_not_the_output():
    values, tapes = passed("lstm")
    assert not any(np.shares_memory(values[0], tape.inputs) for tape in tapes)
