"""Recurrent modules in PyTorch's spelling, sequences of different lengths, and Embedding."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import nn
from nnlite.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
)

LENGTHS = [4, 2, 1]


def sequences(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).normal(size=shape or (4, 3, 5)).astype(np.float32)


def states_of(module: nn.Module, batch: int) -> Any:
    rows = module.num_layers * (2 if module.bidirectional else 1)
    given = [nl.tensor(sequences(rows, batch, 6, seed=s)) for s in range(module.states)]
    return tuple(given) if len(given) > 1 else given[0]


def as_list(states: Any) -> list[nl.Tensor]:
    return list(states) if isinstance(states, tuple) else [states]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_packed_sequences_go_through_one_by_one(kind: str, bidirectional: bool) -> None:
    module = getattr(nn, kind)(5, 6, num_layers=2, bidirectional=bidirectional)
    x, hx = nl.tensor(sequences()), states_of(module, 3)
    packed = pack_padded_sequence(x, nl.tensor(np.array(LENGTHS)))
    y, last = module(packed, hx)
    assert isinstance(y, PackedSequence)
    padded, lengths = pad_packed_sequence(y)
    assert lengths.tolist() == LENGTHS
    for n, length in enumerate(LENGTHS):
        own = tuple(h[:, n : n + 1] for h in as_list(hx))
        alone, end = module(x[:length, n : n + 1], own if len(own) > 1 else own[0])
        np.testing.assert_allclose(padded.data[:length, n], alone.data[:, 0], rtol=1e-5, atol=1e-6)
        assert not padded.data[length:, n].any()
        for state, its_end in zip(as_list(last), as_list(end), strict=True):
            np.testing.assert_allclose(state.data[:, n], its_end.data[:, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_layouts_are_the_same_sequences(kind: str) -> None:
    module = getattr(nn, kind)(5, 6, num_layers=2, bidirectional=True)
    x = sequences()
    hx = states_of(module, 3)
    y, last = module(x, hx)
    module.batch_first = True
    swapped, end = module(x.swapaxes(0, 1), hx)
    np.testing.assert_allclose(swapped.data, y.data.swapaxes(0, 1), rtol=1e-6)
    single, own = module(x[:, 0], tuple(h[:, 0] for h in hx) if kind == "LSTM" else hx[:, 0])
    np.testing.assert_allclose(single.data, y.data[:, 0], rtol=1e-5, atol=1e-6)
    for a, b, c in zip(as_list(last), as_list(end), as_list(own), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-6)
        np.testing.assert_allclose(a.data[:, 0], c.data, rtol=1e-5, atol=1e-6)


def test_dropout_is_between_layers_and_in_training_only() -> None:
    module = nn.LSTM(5, 6, num_layers=2, dropout=0.5)
    nl.random.seed(0)
    first, second = module(sequences())[0].data, module(sequences())[0].data
    assert not np.array_equal(first, second)
    module.eval()
    np.testing.assert_array_equal(module(sequences())[0].data, module(sequences())[0].data)
    dead = nn.GRU(5, 6, num_layers=2, dropout=1.0)
    np.testing.assert_array_equal(dead(sequences())[0].data, dead(2 * sequences())[0].data)
    with pytest.warns(UserWarning, match="has only one"):
        nn.GRU(5, 6, dropout=0.5)


def test_first_values_are_those_of_pytorch() -> None:
    lstm = nn.LSTM(300, 16, num_layers=2, bidirectional=True)
    assert len(list(lstm.parameters())) == 16
    for parameter in lstm.parameters():
        assert 0.2 < np.abs(parameter.data).max() <= 0.25
    embedding = nn.Embedding(2000, 4, padding_idx=-1)
    assert not embedding.weight.data[-1].any()
    assert abs(embedding.weight.data.std() - 1) < 0.05


def test_what_does_not_fit_is_named() -> None:
    lstm = nn.LSTM(5, 6)
    with pytest.raises(ValueError, match=r"LSTM\(5 -> 6\) expected the last axis to be 5.*\(4, 3, 6\)"):
        lstm(sequences(4, 3, 6))
    with pytest.raises(ValueError, match="2 or 3 axes"):
        lstm(sequences(5))
    with pytest.raises(ValueError, match=r"expected 2 initial state\(s\) of shape \(1, 3, 6\), got \[\(1, 2, 6\)"):
        lstm(sequences(), (sequences(1, 2, 6), sequences(1, 2, 6)))
    with pytest.raises(TypeError, match="got float64"):
        lstm(sequences(), (sequences(1, 3, 6).astype(float), sequences(1, 3, 6)))
    for arguments, said in (
        ({"proj_size": 2}, "expected proj_size=0"),
        ({"num_layers": 0}, "num_layers"),
        ({"dropout": 2}, r"dropout in \[0, 1\]"),
    ):
        with pytest.raises(ValueError, match=said):
            nn.LSTM(5, 6, **arguments)
    for kind in (nn.RNN, nn.RNNCell):
        with pytest.raises(ValueError, match="nonlinearity='sin'"):
            kind(5, 6, nonlinearity="sin")
    cell = nn.LSTMCell(5, 6)
    with pytest.raises(ValueError, match="1 or 2 axes"):
        cell(sequences())
    with pytest.raises(ValueError, match=r"expected a state of shape \(3, 6\), got shape \(2, 6\)"):
        cell(sequences(3, 5), (sequences(2, 6), sequences(3, 6)))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_cell_is_one_step_of_the_module(kind: str) -> None:
    module, cell = getattr(nn, kind)(5, 6), getattr(nn, f"{kind}Cell")(5, 6)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in module.state_dict().items()})
    x = sequences()
    y = module(x)[0].data
    state: Any = None
    for t in range(4):
        state = cell(x[t], state)
        h = state[0] if kind == "LSTM" else state
        np.testing.assert_allclose(h.data, y[t], rtol=1e-5, atol=1e-6)


def test_packing_and_padding() -> None:
    parts = [nl.tensor(sequences(n, 2, seed=n)) for n in (3, 1, 2)]
    packed = pack_sequence(parts, enforce_sorted=False)
    padded, lengths = pad_packed_sequence(packed, batch_first=True, padding_value=-1.0, total_length=5)
    assert padded.shape == (3, 5, 2)
    assert lengths.tolist() == [3, 1, 2]
    for n, part in enumerate(parts):
        np.testing.assert_array_equal(padded.data[n, : len(part)], part.data)
        assert (padded.data[n, len(part) :] == -1).all()
    assert pad_sequence(parts).shape == (3, 3, 2)
    x = nl.tensor(sequences())
    with pytest.raises(ValueError, match="longest sequence first"):
        pack_padded_sequence(x, [1, 2, 4])
    for lengths in ([1, 2], [5, 1, 1], [1, 1, 0]):
        with pytest.raises(ValueError, match="expected 3 lengths from 1 to 4"):
            pack_padded_sequence(x, lengths)
    with pytest.raises(ValueError, match="total_length of at least 3"):
        pad_packed_sequence(packed, total_length=2)
    with pytest.raises(ValueError, match="two axes or more"):
        pack_padded_sequence(nl.tensor([1.0]), [1])


def test_gradients_come_back_through_packing() -> None:
    gru = nn.GRU(5, 6, bidirectional=True)
    x = nl.tensor(sequences(), requires_grad=True)
    y, _ = gru(pack_padded_sequence(x, LENGTHS))
    pad_packed_sequence(y)[0].sum().backward()
    assert x.grad is not None
    for n, length in enumerate(LENGTHS):
        assert np.abs(x.grad[:length, n]).min() > 0
        assert not x.grad[length:, n].any()


def test_embedding_shortens_what_is_asked_for() -> None:
    embedding = nn.Embedding(5, 3, max_norm=1.0)
    embedding.weight.data = np.full((5, 3), 2.0, np.float32)
    y = embedding(np.array([0, 2, 2]))
    np.testing.assert_allclose(np.linalg.norm(y.data, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(embedding.weight.data, axis=1), [1, 12**0.5, 1, 12**0.5, 12**0.5], rtol=1e-5
    )


def test_pretrained_vectors_are_frozen_unless_wanted() -> None:
    vectors = sequences(5, 3)
    frozen = nn.Embedding.from_pretrained(nl.tensor(vectors))
    np.testing.assert_array_equal(frozen(np.array([1])).data[0], vectors[1])
    assert not frozen.weight.requires_grad
    assert nn.Embedding.from_pretrained(vectors, freeze=False).weight.requires_grad
    frozen.weight.data[...] = 0
    assert vectors.any()


@pytest.mark.parametrize("wrong", [5, -6])
def test_a_padding_index_out_of_range_raises(wrong: int) -> None:
    with pytest.raises(ValueError, match="padding_idx"):
        nn.Embedding(5, 3, padding_idx=wrong)
    with pytest.raises(ValueError, match="padding_idx"):
        nn.functional.embedding([0], np.ones((5, 3)), padding_idx=wrong)


def test_padding_and_frequency_change_the_gradient_and_not_the_value() -> None:
    weight = nl.tensor(sequences(4, 3), requires_grad=True)
    y = nn.functional.embedding([[0, 1], [1, 3]], weight, padding_idx=-1, scale_grad_by_freq=True)
    np.testing.assert_array_equal(y.data, weight.data[[[0, 1], [1, 3]]])
    y.sum().backward()
    np.testing.assert_allclose(weight.grad, [[1] * 3, [1] * 3, [0] * 3, [0] * 3])
