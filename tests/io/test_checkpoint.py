"""Checkpoints: everything comes back, or nothing."""

import itertools

import numpy as np
import pytest

import nnlite as nl
from nnlite import io, layers, nn, optim, optimizers
from nnlite.io._state import read_state, write_state
from nnlite.models import Sequential

pytest.importorskip("safetensors")

X = np.random.default_rng(0).normal(size=(16, 6)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(16, 1)).astype(np.float32)


def network(units=5, optimizer=None, seed=3):
    """A compiled model with generators and buffers of its own."""
    model = Sequential(
        [
            layers.Dense(units, "relu", input_shape=(6,), kernel_initializer=nl.initializers.HeNormal(seed=seed)),
            layers.BatchNorm(),
            layers.Dropout(0.5, seed=seed),
            layers.Dropout(0.2),
            layers.Dense(1),
        ]
    )
    schedule = optimizers.schedules.CosineDecay(0.1, 20)
    model.compile(optimizer or optimizers.Adam(schedule, weight_decay=0.01), "mse", metrics=["mae"])
    return model


def trained(model, epochs):
    return model.fit(X, Y, batch_size=5, epochs=epochs, verbose=0).history


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop", "adagrad", "adadelta", "nadam", "lion", "rprop", None])
def test_a_resumed_run_ends_where_one_never_stopped_ends(tmp_path, optimizer):
    nl.random.seed(1)
    whole = network(optimizer=optimizer)
    first = trained(whole, 2)
    io.Checkpoint(whole).save(tmp_path / "a", epoch=2, history=first)
    last = trained(whole, 3)
    nl.random.seed(99)
    resumed = network(optimizer=optimizer, seed=8)
    assert io.Checkpoint(resumed).restore(tmp_path / "a") == {"epoch": 2, "history": first}
    assert trained(resumed, 3) == last
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.optimizer.iterations == resumed.optimizer.iterations == 20


def loop(model, optimizer, scheduler, generator, steps):
    """PyTorch's loop, with a generator of one's own for the batches."""
    losses = []
    for _ in range(steps):
        batch = generator.permutation(len(X))[:7]
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(X[batch]), Y[batch])
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


SCHEDULERS = {
    "StepLR": lambda o: optim.lr_scheduler.StepLR(o, 3),
    "MultiStepLR": lambda o: optim.lr_scheduler.MultiStepLR(o, [2, 7]),
    "CosineAnnealingLR": lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 5),
    "OneCycleLR": lambda o: optim.lr_scheduler.OneCycleLR(o, 0.1, 40),
    "LambdaLR": lambda o: optim.lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch),
}


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_pytorchs_spelling_with_a_scheduler_and_any_generator(tmp_path, name, bits):
    def made(seed):
        nl.random.seed(seed)
        model = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.3), nn.Linear(4, 1))
        optimizer = optim.AdamW(model.parameters(), lr=0.01)
        scheduler, generator = SCHEDULERS[name](optimizer), np.random.Generator(bits(seed))
        return model, optimizer, scheduler, generator

    parts = made(1)
    loop(*parts, 6)
    io.Checkpoint(parts[0], parts[1], scheduler=parts[2], generator=parts[3]).save(tmp_path / "a")
    expected = loop(*parts, 10)
    parts = made(2)
    io.Checkpoint(parts[0], parts[1], scheduler=parts[2], generator=parts[3]).restore(tmp_path / "a")
    assert loop(*parts, 10) == expected


def test_the_states_of_stateful_layers_come_back(tmp_path):
    def made():
        return Sequential([layers.LSTM(3, stateful=True, input_shape=(4, 2)), layers.Dense(1)])

    x = np.ones((2, 4, 2), np.float32)
    model, other = made(), made()
    io.Checkpoint(model).save(tmp_path / "before")
    model(x)
    io.Checkpoint(model).save(tmp_path / "after")
    io.Checkpoint(other).restore(tmp_path / "after")
    np.testing.assert_array_equal(other(x).numpy(), model(x).numpy())
    io.Checkpoint(other).restore(tmp_path / "before")
    assert other[0].states is None


def test_generators_that_initializers_and_cells_own_come_back(tmp_path):
    def made(seed):
        generator = np.random.default_rng(seed)
        return Sequential(
            [
                layers.GRU(3, dropout=0.5, recurrent_dropout=0.5, seed=seed, input_shape=(4, 2)),
                layers.Dense(2, kernel_initializer=nl.initializers.HeNormal(seed=generator)),
                layers.Dense(2, kernel_initializer=nl.initializers.HeNormal(seed=generator)),
            ]
        )

    x = np.ones((2, 4, 2), np.float32)
    model, other = made(1), made(2)
    model(x)
    io.Checkpoint(model).save(tmp_path / "a")
    io.Checkpoint(other).restore(tmp_path / "a")
    np.testing.assert_array_equal(other(x).numpy(), model(x).numpy())
    drawn = [m[1].kernel_initializer((3, 2)) for m in (model, other)]
    np.testing.assert_array_equal(*drawn)
    assert other[1].kernel_initializer.seed is other[2].kernel_initializer.seed


def everything(model):
    """All that a restoring could change."""
    states = [g.bit_generator.state for g in (nl.random.generator(), model[2]._generator)]
    return model.get_weights(), model.optimizer.state_dict(), states


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (lambda: network(units=6), r"layers.0.kernel: saved was float32\[6, 6\], here is float32\[6, 5\]"),
        (lambda: network().astype("float64"), r"layers.0.kernel: saved was float64\[6, 5\], here is float32\[6, 5\]"),
        (lambda: Sequential([*network().layers, layers.Dense(1)]), r"layers.5.kernel: saved was .*, here is none"),
        (lambda: network(optimizer="sgd"), "optimizer: saved was SGD, here is Adam"),
        (lambda: Sequential(network().layers), "optimizer: saved was none, here is Adam"),
        (lambda: layers.Dense(2), "layers.0.kernel: saved was none"),
    ],
)
def test_what_does_not_fit_changes_nothing_and_is_named(tmp_path, other, reason):
    io.Checkpoint(other()).save(tmp_path / "a")
    model = network()
    trained(model, 1)
    before = everything(model)
    with pytest.raises(ValueError, match=reason) as caught:
        io.Checkpoint(model).restore(tmp_path / "a")
    assert "does not fit, nothing was restored" in str(caught.value)
    np.testing.assert_equal(everything(model), before)


class Counter:
    """A part of a user's own, which may refuse a state."""

    def __init__(self, value, least=0):
        self.value, self.least = value, least

    def state_dict(self):
        return {"value": self.value, (1, "x"): [None, {"$odd": np.arange(2)}], "a": {"b.c": 1.5}, "a.b": {"c": 2**200}}

    def load_state_dict(self, state):
        assert state["a.b"]["c"] == 2**200
        assert state[1, "x"][1]["$odd"].tolist() == [0, 1]
        if state["value"] < self.least:
            raise KeyError("too small")
        self.value = state["value"]


def test_a_part_that_refuses_its_state_leaves_all_as_it_was(tmp_path):
    io.Checkpoint(network(), first=Counter(5), second=Counter(1)).save(tmp_path / "a")
    model, first, second = network(seed=4), Counter(0), Counter(7, least=2)
    trained(model, 1)
    before = everything(model)
    with pytest.raises(ValueError, match="nothing was restored: second: 'too small'"):
        io.Checkpoint(model, first=first, second=second).restore(tmp_path / "a")
    np.testing.assert_equal(everything(model), before)
    assert (first.value, second.value) == (0, 7)
    second.least = 0
    io.Checkpoint(model, first=first, second=second).restore(tmp_path / "a")
    assert (first.value, second.value) == (5, 1)


def test_parts_that_are_missing_or_left_over_are_named(tmp_path):
    model = network()
    for names in itertools.permutations(["there", "here"], 2):
        io.Checkpoint(model, **{names[0]: Counter(1)}).save(tmp_path / "a")
        with pytest.raises(ValueError, match=r"there: saved was .*here: saved was|here: saved was .*there: saved was"):
            io.Checkpoint(model, **{names[1]: Counter(1)}).restore(tmp_path / "a")


def test_notes_are_plain_values(tmp_path):
    notes = {"loss": float("nan"), "best": -np.inf, "name": "ä\n", "list": [1, (2,)], "array": np.ones(2), "none": None}
    io.Checkpoint(layers.Dense(1, input_shape=(1,))).save(tmp_path / "a", **notes, number=np.float32(0.5))
    back = io.Checkpoint(layers.Dense(1, input_shape=(1,))).restore(tmp_path / "a")
    np.testing.assert_equal(back, {**notes, "number": 0.5})
    with pytest.raises(TypeError, match=r"got notes\.model: Dense"):
        io.Checkpoint(layers.Dense(1)).save(tmp_path / "b", model=layers.Dense(1))
    assert not (tmp_path / "b").exists()


def test_every_changed_byte_is_noticed(tmp_path):
    path, model = tmp_path / "a", layers.Dense(1, input_shape=(2,))
    io.Checkpoint(model).save(path)
    content, refused = path.read_bytes(), 0
    for position in range(0, len(content), 3):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        try:
            io.Checkpoint(model).restore(path)
        except io.FormatError:
            refused += 1
    assert refused >= len(range(0, len(content), 3)) - 8  # all but those in the name and the frame of the digest


@pytest.mark.parametrize("kind", [3, None, np.ones(2)], ids=str)
def test_a_state_of_nonsense_does_not_fit(tmp_path, kind):
    model = layers.Dense(1, input_shape=(2,))
    io.Checkpoint(model).save(tmp_path / "a")
    state = read_state(tmp_path / "a", "checkpoint")
    for change in ({"kinds": {**state["kinds"], "model": kind, "generators": kind}}, {"parts": {"model": kind}}):
        write_state(tmp_path / "b", "checkpoint", {**state, **change})
        with pytest.raises(ValueError, match="does not fit, nothing was restored"):
            io.Checkpoint(model).restore(tmp_path / "b")


class TestMistakes:
    def test_parts_without_a_state(self):
        model = layers.Dense(1)
        with pytest.raises(TypeError, match=r"Checkpoint takes a Module and what belongs to it, got 'run.safetensors'"):
            io.Checkpoint("run.safetensors")
        with pytest.raises(TypeError, match=r"got epoch=3; plain values are notes: save\(path, epoch=...\)"):
            io.Checkpoint(model, epoch=3)
        with pytest.raises(TypeError, match="got optimizer='adam'"):
            io.Checkpoint(model, "adam")
        with pytest.raises(TypeError, match="a part of the name 'generators' already"):
            io.Checkpoint(model, generators=Counter(1))

    def test_files_that_are_none(self, tmp_path):
        checkpoint = io.Checkpoint(layers.Dense(1, input_shape=(1,)))
        with pytest.raises(FileNotFoundError, match="expected a checkpoint of nnlite, but there is no file"):
            checkpoint.restore(tmp_path / "nowhere")
        with pytest.raises(IsADirectoryError, match="expected a checkpoint of nnlite, got the folder"):
            checkpoint.restore(tmp_path)
        io.save_safetensors(layers.Dense(1, input_shape=(1,)).state_dict(), tmp_path / "weights")
        with pytest.raises(io.FormatError, match="expected a checkpoint of nnlite, found arrays only"):
            checkpoint.restore(tmp_path / "weights")

    def test_a_model_that_is_not_built(self, tmp_path):
        io.Checkpoint(Sequential([layers.Dense(1, input_shape=(1,))])).save(tmp_path / "a")
        with pytest.raises(ValueError, match=r"not built yet: call it on a batch, or give .* input_shape="):
            io.Checkpoint(Sequential([layers.Dense(1)])).restore(tmp_path / "a")
