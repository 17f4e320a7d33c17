"""Recurrent layers, the layers around them, and their cells."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
import nnlite.functional as F
from nnlite import layers
from nnlite.layers import Module

KINDS = ["SimpleRNN", "LSTM", "GRU"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def sequences(*shape: int, seed: int = 0) -> NDArray[Any]:
    return np.random.default_rng([seed, *shape]).normal(size=shape or (2, 5, 3)).astype(np.float32)


def layer_of(kind: str, units: int = 4, **arguments: Any) -> Any:
    return getattr(layers, kind)(units, **arguments)


@every_kind
def test_what_is_returned(kind: str) -> None:
    x, states = sequences(), 2 if kind == "LSTM" else 1
    layer = layer_of(kind, return_sequences=True, return_state=True)
    y, *last = layer(x)
    assert len(last) == states
    np.testing.assert_array_equal(y.data[:, -1], last[0].data)
    layer.return_sequences = False
    np.testing.assert_array_equal(layer(x)[0].data, last[0].data)
    layer.return_state = False
    np.testing.assert_array_equal(layer(x).data, last[0].data)


@every_kind
def test_going_backwards_is_going_forwards_over_the_turned_sequence(kind: str) -> None:
    x = sequences()
    layer = layer_of(kind, return_sequences=True)
    layer(x)
    expected = layer(x[:, ::-1]).data
    layer.go_backwards = True
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-6)


@every_kind
def test_a_cell_called_step_by_step_gives_what_the_layer_gives(kind: str) -> None:
    x = sequences()
    layer = layer_of(kind, return_sequences=True, bias_initializer="normal")
    y = layer(x).data
    states = [np.zeros((2, 4), np.float32)] * (2 if kind == "LSTM" else 1)
    for t in range(5):
        output, states = layer.cell(x[:, t], states)
        np.testing.assert_allclose(output.data, y[:, t], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "code",
    [
        "SimpleRNN(4, return_sequences=True, activation={tanh})",
        "LSTM(4, return_sequences=True, activation={tanh})",
        "LSTM(4, return_sequences=True, recurrent_activation={sigmoid})",
        "GRU(4, return_sequences=True, activation={tanh})",
    ],
)
def test_the_fused_function_gives_what_steps_give(code: str) -> None:
    x, mask = sequences(), np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], bool)
    names = {**vars(layers), "sigmoid": lambda a: F.sigmoid(a), "tanh": lambda a: F.tanh(a)}
    fused = eval(code.format(tanh="'tanh'", sigmoid="'sigmoid'"), names)
    steps = eval(code.format(tanh="tanh", sigmoid="sigmoid"), names)
    fused(x), steps(x)
    steps.load_state_dict(fused.state_dict())
    for go_backwards in (False, True):
        fused.go_backwards = steps.go_backwards = go_backwards
        outputs = []
        for layer in (fused, steps):
            layer.zero_grad()
            y = layer(x, mask=mask)
            (y**2).sum().backward()
            outputs.append([y.data, *(p.grad for p in layer.parameters())])
        for one, other in zip(*outputs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@every_kind
def test_initial_states_go_on_where_others_ended(kind: str) -> None:
    x = sequences()
    layer = layer_of(kind, return_state=True)
    whole, *_ = layer(x)
    _, *states = layer(x[:, :2])
    rest, *_ = layer(x[:, 2:], initial_state=states)
    np.testing.assert_allclose(rest.data, whole.data, rtol=1e-5, atol=1e-6)


def test_initial_states_get_gradients_and_are_cast() -> None:
    layer, h = layers.GRU(4), nl.tensor(np.ones((2, 4)), requires_grad=True)
    y = layer(sequences(), initial_state=h)
    y.sum().backward()
    assert y.dtype == np.float32
    assert h.grad is not None
    assert np.abs(h.grad).min() > 0


@every_kind
def test_a_stateful_layer_goes_on_until_it_is_reset(kind: str) -> None:
    x = sequences()
    layer = layer_of(kind, stateful=True)
    first = layer(x[:, :2]).data
    second = layer(x[:, 2:]).data
    assert layer.states is not None
    assert not isinstance(layer.states[0][0], nl.Tensor)
    layer.stateful = False
    np.testing.assert_allclose(second, layer(x).data, rtol=1e-5, atol=1e-6)
    layer.stateful = True
    layer.reset_states()
    np.testing.assert_array_equal(layer(x[:, :2]).data, first)
    with pytest.raises(ValueError, match=r"stateful and expected 2 sequences.*\(3, 5, 3\)"):
        layer(sequences(3, 5, 3))


def test_wrong_states_and_masks_are_named() -> None:
    layer = layers.LSTM(4)
    layer(sequences())
    with pytest.raises(ValueError, match=r"LSTM\(3 -> 4\) expected initial states of shapes .*got \[\(2, 4\)\]"):
        layer(sequences(), initial_state=[np.zeros((2, 4))])
    with pytest.raises(ValueError, match=r"expected a mask of shape \(2, 5\), got shape \(5, 2\)"):
        layer(sequences(), mask=np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"expected 2 state\(s\), got 1"):
        layer.cell(sequences(2, 3), [np.zeros((2, 4))])
    for bad in ({"units": 0}, {"units": 4, "dropout": 2}, {"units": 4, "recurrent_dropout": -0.1}):
        with pytest.raises(ValueError, match="expected"):
            layers.GRU(**bad)
    with pytest.raises(TypeError, match="state_size"):
        layers.RNN(layers.Dense(3))


def test_gates_of_keras_are_where_keras_has_them() -> None:
    lstm = layers.LSTM(2, input_shape=(None, 3))
    np.testing.assert_array_equal(lstm.cell.bias.data, [0, 0, 1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(
        lstm.cell.recurrent_kernel.data @ lstm.cell.recurrent_kernel.data.T, np.eye(2), atol=1e-6
    )
    assert layers.GRU(2, input_shape=(5, 3)).cell.bias.shape == (2, 6)
    assert layers.GRU(2, reset_after=False, input_shape=(5, 3)).cell.bias.shape == (6,)
    assert [w.shape for w in layers.GRU(2, use_bias=False, input_shape=(5, 3)).weights] == [(3, 6), (2, 6)]


@every_kind
@pytest.mark.parametrize("rates", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 1.0}])
def test_noise_is_the_same_at_every_step_of_a_sequence(kind: str, rates: dict[str, float]) -> None:
    cell = getattr(layers, f"{kind}Cell")(400, seed=0, **rates)
    cell(np.ones((2, 300)), [np.ones((2, 400))] * cell.states)
    noise, kept = cell._dropped(nl.tensor(np.ones((2, 3, 300))), 2).data, cell._kept(2)
    rate = rates.get("dropout", 0.0)
    np.testing.assert_array_equal(noise[:, 0], noise[:, 2])
    assert abs((noise == 0).mean() - rate) < 0.1
    if kept is None:
        assert "recurrent_dropout" not in rates
    else:
        assert kept.shape == (cell.gates, 2, 400)
        assert set(np.unique(kept)) == {0.0, 2.0}
        assert not np.array_equal(kept[0, 0], kept[0, 1])
    cell.eval()
    assert cell._dropped(x := nl.tensor(np.ones((2, 300))), 1) is x
    assert cell._kept(2) is None


def test_a_layer_with_noise_has_parameters_whose_gradients_are_right() -> None:
    nl.random.seed(0)
    layer = layers.GRU(3, dropout=0.3, recurrent_dropout=0.3, reset_after=False)
    layer(sequences())
    layer.astype("float64")

    def loss(kernel: Any) -> Any:
        layer.cell.kernel, own = kernel, layer.cell.kernel
        layer.cell._generator = np.random.default_rng(1)
        try:
            return layer(sequences().astype(float))
        finally:
            layer.cell.kernel = own

    nl.check_grads(loss, layer.cell.kernel.data.copy())


class Decay(Module):
    """A cell of a user's own, whose output is not its state."""

    state_size = 3

    def forward(self, x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        state = 0.5 * states[0] + x
        return 2 * state, [state]


def test_a_cell_of_ones_own() -> None:
    x = sequences()
    layer = layers.RNN(Decay(), return_sequences=True, return_state=True)
    y, state = layer(x)
    expected = np.zeros((2, 3))
    for t in range(5):
        expected = 0.5 * expected + x[:, t]
        np.testing.assert_allclose(y.data[:, t], 2 * expected, rtol=1e-5)
    np.testing.assert_allclose(state.data, expected, rtol=1e-5)
    mask = np.array([[True] * 5, [True, True, False, False, False]])
    masked = layers.RNN(Decay())(x, mask=mask)
    np.testing.assert_allclose(masked.data[0], y.data[0, -1], rtol=1e-5)
    np.testing.assert_allclose(masked.data[1], y.data[1, 1], rtol=1e-5)
    backwards = layers.RNN(Decay(), go_backwards=True)(x)
    np.testing.assert_allclose(backwards.data, layers.RNN(Decay())(x[:, ::-1]).data, rtol=1e-5)


def test_cells_on_top_of_each_other_are_layers_on_top_of_each_other() -> None:
    x, mask = sequences(), np.array([[True] * 5, [True, True, False, False, False]])
    stack = layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(2)], return_state=True)
    y, (h, _), last = stack(x, mask=mask)
    first, second = layers.LSTM(4, return_sequences=True), layers.SimpleRNN(2)
    second(first(x))
    first.set_weights(stack.get_weights()[:3])
    second.set_weights(stack.get_weights()[3:])
    between = first(x, mask=mask)
    np.testing.assert_allclose(second(between, mask=mask).data, y.data, rtol=1e-5)
    np.testing.assert_array_equal(last.data, y.data)
    np.testing.assert_allclose(between.data[:, -1], h.data, rtol=1e-6)


def test_both_directions_have_weights_of_their_own() -> None:
    for inner in (layers.GRU(4, return_sequences=True), layers.GRU(4, return_sequences=True, input_shape=(5, 3))):
        both = layers.Bidirectional(inner)
        y = both(sequences())
        forward, backward = both.forward_layer, both.backward_layer
        assert backward.go_backwards
        assert not np.array_equal(forward.cell.kernel.data, backward.cell.kernel.data)
        np.testing.assert_array_equal(y.data[..., :4], forward(sequences()).data)
        np.testing.assert_array_equal(y.data[..., 4:], backward(sequences()).data[:, ::-1])
        names = list(both.state_dict())
        assert names[:2] == ["forward_layer.cell.kernel", "forward_layer.cell.recurrent_kernel"]
        assert names[3] == "backward_layer.cell.kernel"


def test_bidirectional_zeroes_padding_and_takes_first_weights() -> None:
    mask = np.array([[True, True, False, False, False], [True] * 5])
    both = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    y = both(sequences(), mask=mask)
    assert not y.data[~mask].any()
    again = layers.Bidirectional(layers.LSTM(4, return_sequences=True), weights=both.get_weights())
    np.testing.assert_array_equal(again(sequences(), mask=mask).data, y.data)
    alone = both(sequences()[:1, :2])
    np.testing.assert_allclose(y.data[0, :2], alone.data[0], rtol=1e-5, atol=1e-6)


def test_a_forward_layer_that_goes_backwards_is_turned_round() -> None:
    x = sequences()
    one = layers.Bidirectional(layers.GRU(2, return_sequences=True))
    other = layers.Bidirectional(layers.GRU(2, return_sequences=True, go_backwards=True))
    one(x), other(x)
    weights = one.get_weights()
    other.set_weights(weights[3:] + weights[:3])
    np.testing.assert_allclose(other(x).data, np.roll(one(x).data, 2, axis=-1), rtol=1e-6)


def test_bidirectional_refuses_what_does_not_fit() -> None:
    with pytest.raises(TypeError, match="expected recurrent layers"):
        layers.Bidirectional(layers.Dense(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="merge_mode='add'"):
        layers.Bidirectional(layers.GRU(3), merge_mode="add")
    with pytest.raises(ValueError, match="different directions"):
        layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3))
    with pytest.raises(ValueError, match="same return_sequences"):
        layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3, return_sequences=True, go_backwards=True))
    called = layers.GRU(3)
    called(sequences())
    with pytest.raises(ValueError, match="backward_layer for one that was called"):
        layers.Bidirectional(called)


def test_stateful_bidirectional_is_reset() -> None:
    both, x = layers.Bidirectional(layers.GRU(3, stateful=True)), sequences()
    first = both(x).data
    assert not np.array_equal(both(x).data, first)
    both.reset_states()
    np.testing.assert_array_equal(both(x).data, first)


def test_time_distributed_is_the_layer_at_each_step() -> None:
    x = sequences(2, 5, 4, 4, 1)
    inner = layers.Conv2D(3, 2)
    y = layers.TimeDistributed(inner)(x)
    for t in range(5):
        np.testing.assert_allclose(y.data[:, t], inner(x[:, t]).data, rtol=1e-5, atol=1e-6)
    with pytest.raises(TypeError, match="expected a layer"):
        layers.TimeDistributed("relu")  # type: ignore[arg-type]


def test_finding_shapes_does_not_move_the_states() -> None:
    model = nl.models.Sequential([layers.GRU(4, stateful=True, input_shape=(5, 3)), layers.Dense(2)])
    gru = model.layers[0]
    assert gru.states is None
    model(sequences())
    before = gru.states[0][0].copy()
    model.summary()
    np.testing.assert_array_equal(gru.states[0][0], before)
    x = layers.Input(shape=(None, 3))
    symbolic = nl.models.Model(x, gru(x))
    np.testing.assert_array_equal(gru.states[0][0], before)
    symbolic.predict(sequences())
    assert not np.array_equal(gru.states[0][0], before)


@pytest.mark.parametrize(
    "code",
    [
        "LSTM(3, activation='relu', return_sequences=True, kernel_regularizer='l2')",
        "RNN([GRUCell(3, reset_after=False), LSTMCell(2)], return_state=True)",
        "Bidirectional(GRU(3, return_sequences=True), merge_mode='sum')",
        "Bidirectional(GRU(3), backward_layer=SimpleRNN(3, go_backwards=True))",
        "TimeDistributed(Dense(3))",
    ],
)
def test_layers_are_made_again_from_their_configs(code: str) -> None:
    layer = eval(code, vars(layers))
    layer(sequences())
    again = type(layer).from_config(layer.get_config())
    assert again._code() == layer._code()
    assert not again.built
    again(sequences())
    again.set_weights(layer.get_weights())
    assert again.num_parameters() == layer.num_parameters()
    first, other = layer(sequences()), again(sequences())
    for one, two in zip(*((y if isinstance(y, tuple) else (y,)) for y in (first, other)), strict=True):
        if isinstance(one, nl.Tensor):
            np.testing.assert_array_equal(one.data, two.data)


def test_an_embedding_is_made_again_without_its_first_values() -> None:
    embedding = layers.Embedding(5, 3, mask_zero=True, weights=np.ones((5, 3)))
    embedding(np.array([[1]]))
    config = embedding.get_config()
    assert config["weights"] is None
    assert repr(layers.Embedding.from_config(config)) == "Embedding(5, 3, mask_zero=True)"
