"""Recurrent networks beside PyTorch's and Keras'."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import nnlite as nl
from nnlite import nn
from nnlite.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from tests.parity.harness import check, compare_layer, compare_module, drawn


@pytest.fixture(autouse=True, scope="module")
def without_compiling() -> Iterator[None]:
    """Let JAX run the steps of Keras' loops one by one: compiling each loop takes many times as long."""
    import jax

    with jax.disable_jit():
        yield


def normal(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


SIZES = st.integers(1, 4)
SEEDS = st.integers(0, 10**6)


@drawn(
    kind=st.sampled_from(["RNN", "LSTM", "GRU"]), sizes=st.tuples(SIZES, SIZES, SIZES, SIZES), layers=st.integers(1, 3),
    bias=st.booleans(), batch_first=st.booleans(), bidirectional=st.booleans(), relu=st.booleans(),
    with_states=st.booleans(), seed=SEEDS,
)  # fmt: skip
def test_modules_of_all_settings(
    kind: str, sizes: tuple[int, ...], layers: int, bias: bool, batch_first: bool, bidirectional: bool, relu: bool,
    with_states: bool, seed: int,
) -> None:  # fmt: skip
    batch, steps, features, hidden = sizes
    extra = ", nonlinearity='relu'" if relu and kind == "RNN" else ""
    code = (
        f"{kind}({features}, {hidden}, num_layers={layers}, bias={bias}, batch_first={batch_first}, "
        f"bidirectional={bidirectional}{extra})"
    )
    x = normal(seed, *((batch, steps) if batch_first else (steps, batch)), features)
    if not with_states:
        compare_module(code, [x], seed=seed)
        return
    rows = layers * (2 if bidirectional else 1)
    states = [normal(seed + 1 + n, rows, batch, hidden) for n in range(2 if kind == "LSTM" else 1)]
    if kind != "LSTM":
        compare_module(code, [x, *states], seed=seed)
    else:
        compare_lstm_with_states(code, x, states, seed)


def compare_lstm_with_states(code: str, x: Any, states: list[Any], seed: int) -> None:
    """Compare outputs, last states and all gradients, those of the first states included."""
    import torch

    torch.manual_seed(seed)
    theirs = eval(code, vars(torch.nn)).double()
    ours = eval(code, vars(nn)).astype("float64")
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    leaves = [nl.tensor(a, requires_grad=True) for a in (x, *states)]
    others = [torch.tensor(a, requires_grad=True) for a in (x, *states)]
    y, (h, c) = ours(leaves[0], (leaves[1], leaves[2]))
    their_y, (their_h, their_c) = theirs(others[0], (others[1], others[2]))
    total, their_total = 0.0, 0.0
    for number, (a, b) in enumerate(((y, their_y), (h, their_h), (c, their_c))):
        check("nn.LSTM", "torch", a, b, what=f"output {number} of {code}")
        g = normal(seed + number, *a.shape)
        total, their_total = total + (a * g).sum(), their_total + (b * torch.tensor(g)).sum()
    total.backward()  # type: ignore[attr-defined]
    their_total.backward()  # type: ignore[attr-defined]
    for leaf, other in zip(leaves, others, strict=True):
        check("nn.LSTM", "torch", leaf.grad, other.grad, what=f"input gradient of {code}")
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        check("nn.LSTM", "torch", p.grad, q.grad, what=f"gradient of {name} of {code}")


@drawn(
    kind=st.sampled_from(["RNN", "LSTM", "GRU"]), lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    layers=st.integers(1, 2), bidirectional=st.booleans(), batch_first=st.booleans(), seed=SEEDS,
)  # fmt: skip
def test_packed_sequences(
    kind: str, lengths: list[int], layers: int, bidirectional: bool, batch_first: bool, seed: int
) -> None:
    import torch
    from torch.nn.utils import rnn

    torch.manual_seed(seed)
    settings = {"num_layers": layers, "bidirectional": bidirectional}
    theirs = getattr(torch.nn, kind)(3, 2, **settings).double()
    ours = getattr(nn, kind)(3, 2, **settings).astype("float64")
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    x = normal(seed, *((len(lengths), 5) if batch_first else (5, len(lengths))), 3)
    leaf, other = nl.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, last = ours(pack_padded_sequence(leaf, lengths, batch_first, enforce_sorted=False))
    their_y, their_last = theirs(
        rnn.pack_padded_sequence(other, torch.tensor(lengths), batch_first, enforce_sorted=False)
    )
    padded, _ = pad_packed_sequence(y, batch_first, total_length=5)
    their_padded, _ = rnn.pad_packed_sequence(their_y, batch_first, total_length=5)
    check(f"nn.{kind}", "torch", padded, their_padded, what="packed output")
    pairs = zip(last, their_last, strict=True) if kind == "LSTM" else [(last, their_last)]
    total, their_total = (padded**3).sum(), (their_padded**3).sum()
    for a, b in pairs:
        check(f"nn.{kind}", "torch", a, b, what="last state of packed sequences")
        total, their_total = total + (a**2).sum(), their_total + (b**2).sum()
    total.backward()
    their_total.backward()
    check(f"nn.{kind}", "torch", leaf.grad, other.grad, what="input gradient of packed sequences")
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        check(f"nn.{kind}", "torch", p.grad, q.grad, what=f"gradient of {name} of packed sequences")


@drawn(
    kind=st.sampled_from(["RNN", "LSTM", "GRU"]), bias=st.booleans(), features=SIZES, hidden=SIZES, batch=SIZES,
    seed=SEEDS, cases=10,
)  # fmt: skip
def test_cells(kind: str, bias: bool, features: int, hidden: int, batch: int, seed: int) -> None:
    code, x = f"{kind}Cell({features}, {hidden}, bias={bias})", normal(seed, batch, features)
    compare_module(code, [x], seed=seed)
    if kind != "LSTM":
        compare_module(code, [x, normal(seed + 1, batch, hidden)], seed=seed)


@drawn(
    rows=st.integers(1, 6), padding=st.booleans(), max_norm=st.sampled_from([None, 0.5, 2.0]),
    norm_type=st.sampled_from([1.0, 2.0, 3.0]), by_frequency=st.booleans(), seed=SEEDS,
)  # fmt: skip
def test_embedding(
    rows: int, padding: bool, max_norm: float | None, norm_type: float, by_frequency: bool, seed: int
) -> None:
    index = seed % rows if padding else None
    code = (
        f"Embedding({rows}, 3, padding_idx={index}, max_norm={max_norm}, norm_type={norm_type}, "
        f"scale_grad_by_freq={by_frequency})"
    )
    compare_module(code, [np.random.default_rng(seed).integers(rows, size=(2, 4))], seed=seed)


def test_a_state_dict_of_pytorch_gives_the_outputs_of_pytorch_in_float32() -> None:
    import torch

    torch.manual_seed(0)
    theirs = torch.nn.LSTM(10, 16, num_layers=2, bidirectional=True, batch_first=True)
    ours = nn.LSTM(10, 16, num_layers=2, bidirectional=True, batch_first=True)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    x = normal(1, 4, 30, 10).astype(np.float32)
    y, (h, c) = ours(x)
    their_y, (their_h, their_c) = theirs(torch.tensor(x))
    for a, b in ((y, their_y), (h, their_h), (c, their_c)):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
@drawn(
    seed=SEEDS, use_bias=st.booleans(), return_sequences=st.booleans(), go_backwards=st.booleans(),
    masked=st.booleans(), with_states=st.booleans(), other=st.booleans(), cases=5,
)  # fmt: skip
def test_layers_of_all_settings(
    kind: str, seed: int, use_bias: bool, return_sequences: bool, go_backwards: bool, masked: bool, with_states: bool,
    other: bool,
) -> None:  # fmt: skip
    special = {"SimpleRNN": "activation='relu'", "LSTM": "recurrent_activation='tanh'", "GRU": "reset_after=False"}
    code = (
        f"{kind}(2, use_bias={use_bias}, return_sequences={return_sequences}, return_state=True, "
        f"go_backwards={go_backwards}{', ' + special[kind] if other else ''})"
    )
    settings: dict[str, Any] = {}
    if masked:  # the first step of each direction counts: before it the outputs of Keras' backends differ
        settings["mask"] = np.random.default_rng(seed).random((2, 4)) < 0.6
        settings["mask"][:, [0, -1]] = True
    if with_states:
        settings["initial_state"] = [normal(seed + n, 2, 2) for n in range(2 if kind == "LSTM" else 1)]
    compare_layer(code, [normal(seed, 2, 4, 3)], settings=settings, seed=seed)


@drawn(
    seed=SEEDS, kind=st.sampled_from(["LSTM", "GRU"]), merge_mode=st.sampled_from(["concat", "sum", "mul", "ave"]),
    return_sequences=st.booleans(), padded=st.booleans(), cases=6,
)  # fmt: skip
def test_both_directions_of_keras(seed: int, kind: str, merge_mode: str, return_sequences: bool, padded: bool) -> None:
    code = f"Bidirectional({kind}(2, return_sequences={return_sequences}), merge_mode={merge_mode!r})"
    settings = {"mask": np.arange(4) < np.array([[4], [2]])} if padded else {}
    compare_layer(code, [normal(seed, 2, 4, 3)], settings=settings, seed=seed)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_masks_travel_to_the_loss_as_in_keras(reduction: str) -> None:
    import keras

    words = np.array([[3, 1, 2, 0], [4, 4, 0, 0], [1, 2, 3, 4]])
    targets = np.random.default_rng(0).integers(3, size=(3, 4))
    weight = np.array([1.0, 0.5, 2.0])

    def built(library: Any, models: Any) -> Any:
        return models.Sequential(
            [
                library.Embedding(5, 4, mask_zero=True),
                library.Bidirectional(library.GRU(3, return_sequences=True)),
                library.Dropout(0.0),
                library.LayerNormalization(),
                library.TimeDistributed(library.Dense(4, activation="relu")),
                library.LSTM(3, return_sequences=True),
                library.Dense(3, activation="softmax"),
            ]
        )

    ours, theirs = built(nl.layers, nl.models), built(keras.layers, keras)
    ours(words), theirs(words)
    ours.astype("float64")
    weights = [normal(n, *w.shape) for n, w in enumerate(ours.get_weights())]
    ours.set_weights(weights), theirs.set_weights(weights)
    for given in (None, weight):
        loss = nl.losses.SparseCategoricalCrossentropy(reduction=reduction)(targets, ours(words), given)
        expected = keras.losses.SparseCategoricalCrossentropy(reduction=reduction)(
            targets, theirs(words), None if given is None else given[:, None]
        )
        check("layers.Embedding", "keras", loss, expected, 1e-6, f"loss with mask, {reduction=}")
