"""fit, evaluate and predict on loaders and other iterables, and epochs of a number of steps."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import LambdaCallback
from nnlite.data import ArrayDataset, DataLoader
from nnlite.layers import Dense
from nnlite.models import Model, Sequential

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = X[:, 0] * 2
WEIGHTS = np.linspace(0.5, 2, 20).astype(np.float32)


def compiled(*layers: Any) -> Sequential:
    """A small model, always the same."""
    nl.random.seed(0)
    model = Sequential([*layers, Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def batches(size: int = 6, *arrays: Any) -> Iterator[Any]:
    """Yield the batches of arrays."""
    for start in range(0, 20, size):
        yield tuple(array[start : start + size] for array in arrays or (X, Y))


class Pairs:
    """An iterable without a length."""

    def __iter__(self) -> Iterator[Any]:
        return batches()


class ByNumber:
    """Batches as a Keras Sequence has them: any number gives one."""

    def __init__(self) -> None:
        self.ended = 0

    def __len__(self) -> int:
        return 4

    def __getitem__(self, number: int) -> Any:
        part = slice(6 * (number % 4), 6 * (number % 4 + 1))
        return X[part], Y[part]

    def on_epoch_end(self) -> None:
        self.ended += 1


def in_arrays(**settings: Any) -> dict[str, list[float]]:
    """The history of the same training on arrays."""
    return compiled().fit(X, Y, 6, 3, verbose=0, shuffle=False, **settings).history


class TestFit:
    @pytest.mark.parametrize("loader", [DataLoader((X, Y), 6), Pairs(), list(batches())])
    def test_gives_what_it_gives_on_arrays(self, loader: Any) -> None:
        assert compiled().fit(loader, epochs=3, verbose=0).history == in_arrays()

    def test_sequences_are_gone_through_in_order(self) -> None:
        sequence = ByNumber()
        history = compiled().fit(sequence, epochs=3, verbose=0, validation_data=ByNumber())
        assert history.history == in_arrays(validation_data=(X, Y), validation_batch_size=6)
        assert sequence.ended == 3
        model = compiled()
        np.testing.assert_array_equal(model.predict(sequence), model.predict(X, 6))
        assert compiled().fit(sequence, epochs=3, verbose=0, steps_per_epoch=4).history == in_arrays()
        with pytest.raises(ValueError, match="y is for arrays, and x is a ByNumber"):
            model.fit(sequence, Y, verbose=0)

    def test_batches_may_be_lists(self) -> None:
        loader = (list(batch) for _ in range(3) for batch in batches())
        assert compiled().fit(loader, epochs=3, steps_per_epoch=4, verbose=0).history == in_arrays()

    def test_shuffled_loaders_draw_as_arrays_do(self) -> None:
        of_loader = compiled().fit(DataLoader((X, Y), 6, shuffle=True), epochs=3, verbose=0)
        of_arrays = compiled().fit(X, Y, 6, 3, verbose=0)
        assert of_loader.history == of_arrays.history

    def test_a_dataset_is_cut_into_batches_as_arrays_are(self) -> None:
        of_dataset = compiled().fit(ArrayDataset(X, Y), None, 6, 3, verbose=0, validation_data=ArrayDataset(X, Y))
        of_arrays = compiled().fit(X, Y, 6, 3, verbose=0, validation_data=(X, Y))
        assert of_dataset.history == of_arrays.history

    def test_weights_come_as_the_third(self) -> None:
        history = compiled().fit(list(batches(6, X, Y, WEIGHTS)), epochs=3, verbose=0).history
        assert history == in_arrays(sample_weight=WEIGHTS)

    def test_classes_are_weighted(self) -> None:
        labels, weights = (Y > 0).astype(int), {0: 1.0, 1: 4.0}
        history = compiled().fit(list(batches(6, X, labels)), epochs=2, verbose=0, class_weight=weights).history
        arrays = compiled().fit(X, labels, 6, 2, verbose=0, shuffle=False, class_weight=weights)
        assert history == arrays.history

    def test_torch_loaders(self) -> None:
        torch = pytest.importorskip("torch")
        dataset = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
        loader = torch.utils.data.DataLoader(dataset, batch_size=6)
        assert compiled().fit(loader, epochs=3, verbose=0).history == in_arrays()

    def test_dicts_for_several_inputs(self) -> None:
        a, b = nl.layers.Input(shape=(3,), name="a"), nl.layers.Input(shape=(3,), name="b")
        model = Model([a, b], Dense(1)(a * b))
        model.compile("sgd", "mse")
        history = model.fit([({"a": x, "b": x}, y) for x, y in batches()], verbose=0)
        assert history.epoch == [0]

    @pytest.mark.parametrize("validation", [DataLoader((X, Y), 6), Pairs(), list(batches())])
    def test_validation_on_loaders(self, validation: Any) -> None:
        history = compiled().fit(X, Y, 6, 3, verbose=0, shuffle=False, validation_data=validation).history
        arrays = in_arrays(validation_data=(X, Y))
        for name, values in history.items():
            np.testing.assert_allclose(values, arrays[name], rtol=1e-6)

    def test_an_own_step_is_prepared_without_losing_a_batch(self) -> None:
        seen: list[int] = []

        class Own(Sequential):
            def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
                assert self[0].built
                seen.append(len(x))
                return 0.0

        for loader in (batches(), DataLoader((X, Y), 6), Pairs()):
            seen.clear()
            own = Own([Dense(1)])
            own.compile("sgd", "mse")
            own.fit(loader, verbose=0)
            assert seen == [6, 6, 6, 2]

    def test_the_number_of_steps_is_told_if_it_is_known(self) -> None:
        for loader, steps in ((DataLoader((X, Y), 6), 4), (Pairs(), None)):
            model = compiled()
            look = LambdaCallback()
            model.fit(loader, verbose=0, callbacks=look)
            assert look.params["steps"] == steps


class TestSteps:
    def test_the_next_epoch_goes_on_where_one_ended(self) -> None:
        sizes: list[int] = []

        class Note(Dense):
            def forward(self, x: Any) -> Any:
                sizes.append(len(x))
                return super().forward(x)

        compiled(Note(2)).fit(X, Y, 6, 3, verbose=0, shuffle=False, steps_per_epoch=3)
        assert sizes == [6, 6, 6, 2, 6, 6, 6, 2, 6]

    def test_more_steps_than_batches_go_round(self) -> None:
        model = compiled()
        model.fit(DataLoader((X, Y), 6), epochs=2, steps_per_epoch=10, verbose=0)
        assert model.optimizer is not None
        assert model.optimizer.iterations == 20

    def test_of_a_validation_are_the_first_ones_each_time(self) -> None:
        history = compiled().fit(
            X, Y, 6, 3, verbose=0, shuffle=False, validation_data=DataLoader((X, Y), 4), validation_steps=3
        )  # fmt: skip
        part = in_arrays(validation_data=(X[:12], Y[:12]))
        np.testing.assert_allclose(history.history["val_loss"], part["val_loss"], rtol=1e-6)

    def test_of_evaluate_and_predict(self) -> None:
        model = compiled()
        model(X)
        assert model.predict(X, batch_size=6, steps=2).shape == (12, 1)
        np.testing.assert_allclose(
            model.evaluate(X, Y, 6, 0, steps=2), model.evaluate(X[:12], Y[:12], verbose=0), rtol=1e-6
        )

    @pytest.mark.parametrize(
        ("freq", "expected"), [(1, [0, 1, 2, 3, 4]), (2, [1, 3]), ([1, 5], [0, 4]), (range(2, 4), [1, 2]), (9, [])]
    )
    def test_the_epochs_of_validation(self, freq: Any, expected: list[int]) -> None:
        validated: list[int] = []
        look = LambdaCallback(
            on_epoch_end=lambda epoch, logs: validated.append(epoch) if "val_loss" in logs else None
        )  # fmt: skip
        compiled().fit(X, Y, epochs=5, verbose=0, validation_data=(X, Y), validation_freq=freq, callbacks=look)
        assert validated == expected

    def test_the_batches_of_validation(self) -> None:
        sizes: list[int] = []
        look = LambdaCallback(on_test_batch_end=lambda batch, logs: sizes.append(batch))
        compiled().fit(X, Y, verbose=0, validation_split=0.5, validation_batch_size=3, callbacks=look)
        assert sizes == [0, 1, 2, 3]


class TestEvaluateAndPredict:
    @pytest.mark.parametrize("loader", [DataLoader((X, Y), 6), Pairs(), list(batches())])
    def test_give_what_they_give_on_arrays(self, loader: Any) -> None:
        model = compiled()
        np.testing.assert_allclose(model.predict(loader), model.predict(X), rtol=1e-6)
        np.testing.assert_allclose(
            model.evaluate(loader, verbose=0), model.evaluate(X, Y, batch_size=6, verbose=0), rtol=1e-6
        )

    def test_predict_needs_no_targets(self) -> None:
        model = compiled()
        np.testing.assert_allclose(model.predict(DataLoader(X, 6)), model.predict(X), rtol=1e-6)
        np.testing.assert_allclose(model.predict(x for (x,) in batches(6, X)), model.predict(X), rtol=1e-6)
        np.testing.assert_allclose(model.predict(ArrayDataset(X)), model.predict(X), rtol=1e-6)

    def test_callbacks_hear_of_them(self) -> None:
        model, heard = compiled(), []
        look = LambdaCallback(
            on_test_begin=lambda logs: heard.append("test begin"),
            on_test_batch_begin=lambda batch, logs: heard.append(batch),
            on_test_batch_end=lambda batch, logs: heard.append(sorted(logs)),
            on_test_end=lambda logs: heard.append(("test end", logs)),
            on_predict_batch_end=lambda batch, logs: heard.append(logs["outputs"].shape),
        )
        results = model.evaluate(X, Y, 10, 0, callbacks=[look], return_dict=True)
        assert heard == ["test begin", 0, ["loss", "mae"], 1, ["loss", "mae"], ("test end", results)]
        heard.clear()
        model.predict(X, batch_size=12, callbacks=look)
        assert heard == [(12, 1), (8, 1)]


class TestMistakes:
    def test_a_generator_that_runs_out_ends_the_training_and_loses_nothing(self) -> None:
        model = compiled()
        with pytest.warns(RuntimeWarning, match="ran out in epoch 2, and the training ends: a generator can be gone"):
            history = model.fit(batches(), epochs=5, verbose=0)
        assert history.epoch == [0]
        with pytest.warns(RuntimeWarning, match="ran out in epoch 2 after 1 of 3 batches") as caught:
            history = model.fit(batches(), epochs=5, verbose=0, steps_per_epoch=3)
        assert history.epoch == [0, 1]
        assert caught[0].filename == __file__

    def test_a_validation_that_runs_out_is_left_out(self) -> None:
        model = compiled()
        with pytest.warns(RuntimeWarning, match="the validation data ran out: a generator can be gone through only"):
            history = model.fit(X, Y, epochs=3, verbose=0, validation_data=batches())
        assert [len(history.history[name]) for name in ("loss", "val_loss")] == [3, 1]

    def test_an_evaluation_or_a_prediction_of_fewer_batches_than_asked_for_says_so(self) -> None:
        model = compiled()
        with pytest.warns(
            RuntimeWarning, match=r"evaluate\(\) got fewer than steps=10 batches: the data ran"
        ) as caught:
            of_steps = model.evaluate(batches(), verbose=0, steps=10)
        assert caught[0].filename == __file__
        assert of_steps == model.evaluate(batches(), verbose=0, steps=4)
        with pytest.warns(RuntimeWarning, match=r"predict\(\) got fewer than steps=10 batches: the data ran"):
            assert model.predict(batches(), steps=10).shape == (20, 1)

    def test_no_batches_at_all(self) -> None:
        with pytest.raises(ValueError, match=r"fit\(\) got no batches to train on"):
            compiled().fit(iter(()), verbose=0)
        model = compiled()
        with pytest.raises(ValueError, match=r"evaluate\(\) got no batches"):
            model.evaluate(iter(()), verbose=0)
        with pytest.raises(ValueError, match=r"predict\(\) got no batches"):
            compiled().predict(iter(()))

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"y": Y}, "y is for arrays, and x is a DataLoader: it gives batches"),
            ({"sample_weight": WEIGHTS}, "sample_weight is for arrays, and x is a DataLoader"),
            (
                {"validation_split": 0.2},
                "validation_split=0.2 is for arrays, and x is a DataLoader: split the data first",
            ),
            ({"steps_per_epoch": 0}, "expected steps_per_epoch to be an integer of at least 1, got steps_per_epoch=0"),
            ({"validation_data": (X, Y), "validation_steps": 0}, "got validation_steps=0"),
            ({"validation_data": (X, Y), "validation_freq": 0}, "got validation_freq=0"),
            ({"validation_data": (X, Y), "validation_freq": "all"}, "got validation_freq='all'"),
            ({"validation_data": DataLoader(X, 6)}, "expected validation_data to give batches"),
        ],
    )
    def test_what_does_not_go_together(self, settings: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            compiled().fit(DataLoader((X, Y), 6), verbose=0, **settings)

    @pytest.mark.parametrize(
        ("batch", "error", "message"),
        [
            (X, ValueError, r"expected x to give batches \(x, y\) or \(x, y, sample_weight\), got a ndarray"),
            ((X, Y, Y, Y), ValueError, "got 4 values"),
            ((X, None), ValueError, r"fit\(\) needs targets, and x gave a batch with y=None"),
            ((X, Y[:3]), ValueError, "x has 20 samples and y has 3"),
            ((X, ["a"] * 20), TypeError, "expected y to hold numbers"),
        ],
    )
    def test_batches_are_checked(self, batch: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            compiled().fit(iter([batch]), verbose=0)
