"""The training loop: epochs, stopping, modes, and the report of a loss that is no number."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import Callback
from nnlite.layers import Dense, Dropout, Module
from nnlite.models import Model, Sequential

X, Y = np.linspace(-1, 1, 12, dtype=np.float32)[:, None], np.linspace(0, 1, 12, dtype=np.float32)


def compiled(*layers: Module) -> Sequential:
    """A small model, which gives one number."""
    model = Sequential([*layers, Dense(1)])
    model.compile("sgd", "mse")
    return model


class TestStopping:
    def test_after_the_epoch(self) -> None:
        class Stop(Callback):
            def on_epoch_end(self, epoch: int, logs: Any) -> None:
                self.model.stop_training = epoch == 2

        history = compiled().fit(X, Y, epochs=9, verbose=0, callbacks=Stop())
        assert history.epoch == [0, 1, 2]

    def test_in_the_middle_of_an_epoch(self) -> None:
        class Stop(Callback):
            batches = 0

            def on_train_batch_end(self, batch: int, logs: Any) -> None:
                self.batches += 1
                self.model.stop_training = batch == 1

        stop = Stop()
        model = compiled()
        history = model.fit(X, Y, batch_size=3, epochs=9, verbose=0, callbacks=[stop], validation_data=(X, Y))
        assert stop.batches == 2
        assert history.epoch == [0]
        assert set(history.history) == {"loss", "val_loss"}
        model.fit(X, Y, batch_size=6, epochs=2, verbose=0)
        assert model.optimizer is not None
        assert model.optimizer.iterations == 2 + 4


class TestModes:
    @staticmethod
    def modes(model: Module) -> list[bool]:
        """The mode of every module."""
        return [module.training for module in model.modules()]

    @pytest.mark.parametrize("method", ["evaluate", "predict", "test_on_batch", "predict_on_batch", "summary"])
    def test_inference_does_not_drop_and_puts_the_modes_back(self, method: str) -> None:
        model = compiled(Dropout(0.5), Dropout(0.5))
        model(X)
        model[1].eval()
        before = self.modes(model)
        arguments = {"evaluate": (X, Y), "test_on_batch": (X, Y), "summary": ()}.get(method, (X,))
        settings = {"verbose": 0} if method == "evaluate" else {}
        results = [getattr(model, method)(*arguments, **settings) for _ in range(2)]
        np.testing.assert_array_equal(*results)
        assert self.modes(model) == before == [True, True, False, True]

    @pytest.mark.parametrize("method", ["evaluate", "predict"])
    def test_modes_are_put_back_after_an_error(self, method: str) -> None:
        model = compiled(Dropout(0.5))
        model(X)
        with pytest.raises(ValueError, match="expected the last axis to be 1"):
            getattr(model, method)(np.ones((4, 2)), *[np.ones(4)] * (method == "evaluate"))
        assert self.modes(model) == [True] * 3
        assert model(X).requires_grad

    def test_a_model_that_was_in_inference_stays_in_it(self) -> None:
        model = compiled(Dropout(0.5)).eval()
        model.evaluate(X, Y, verbose=0)
        assert self.modes(model) == [False] * 3

    @pytest.mark.parametrize("method", ["fit", "train_on_batch"])
    def test_training_is_done_in_training_mode(self, method: str) -> None:
        class Spy(Module):
            seen: tuple[bool, ...] = ()

            def forward(self, x: Any) -> Any:
                self.seen = (*self.seen, self.training)
                return x

        spy, frozen = Spy(), Spy()
        model = compiled(spy, frozen)
        settings = {"verbose": 0, "batch_size": 12} if method == "fit" else {}
        model.eval()
        getattr(model, method)(X, Y, **settings)
        assert self.modes(model) == [False] * 4
        model.train()
        frozen.eval()  # a part that is kept in inference stays in it
        getattr(model, method)(X, Y, **settings)
        assert (spy.seen, frozen.seen) == ((True, True), (True, False))

    def test_modules_made_at_the_first_prediction_are_in_inference_too(self) -> None:
        class Late(Module):
            def build(self, input_shape: Any) -> None:
                self.dropout = Dropout(0.99)

            def forward(self, x: Any) -> Any:
                return self.dropout(x)

        model = Sequential([Late()])
        np.testing.assert_array_equal(model.predict(X), X)
        assert self.modes(model) == [True] * 3
        assert not np.array_equal(model(X).data, X)


class TestNaN:
    @staticmethod
    def poisoned() -> tuple[Sequential, Any]:
        """A model, and targets whose eighth is no number."""
        y = Y.copy()
        y[7] = np.nan
        return compiled(), y

    def test_it_is_reported_once_where_it_happened_and_where_fit_was_called(self) -> None:
        model, y = self.poisoned()
        with pytest.warns(RuntimeWarning, match="the loss became NaN in epoch 1, batch 2: try a smaller") as caught:
            history = model.fit(X, y, batch_size=6, epochs=3, verbose=0, shuffle=False)
        assert len(caught) == 1
        assert Path(caught[0].filename) == Path(__file__)
        assert len(history.epoch) == 3

    def test_infinity_too_and_in_the_epoch_in_which_it_came(self) -> None:
        model = compiled()
        model.compile("sgd", lambda y, p: (p - y) ** 2 * (1.0 if model.optimizer.iterations < 4 else np.inf))
        with (
            np.errstate(all="ignore"),
            pytest.warns(RuntimeWarning, match="the loss became infinite in epoch 3, batch 1"),
        ):
            model.fit(X, Y, batch_size=6, epochs=3, verbose=0)

    def test_each_fit_reports_anew(self) -> None:
        model, y = self.poisoned()
        for _ in range(2):
            with pytest.warns(RuntimeWarning, match="the loss became NaN"):
                model.fit(X, y, verbose=0)

    def test_numbers_pass_in_silence(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled().fit(X, Y, verbose=0)


class TestPredict:
    @pytest.mark.parametrize("batch_size", [1, 5, 12, 50])
    def test_batches_do_not_matter(self, batch_size: int) -> None:
        model = compiled()
        np.testing.assert_allclose(model.predict(X, batch_size=batch_size), model(X).numpy(), rtol=1e-6)

    def test_the_graph_is_not_kept(self) -> None:
        class Spy(Module):
            def forward(self, x: Any) -> Any:
                assert not x.requires_grad
                return x

        model = Sequential([Dense(2), Spy()])
        assert model.predict(X).shape == (12, 2)

    def test_the_result_is_the_callers_own(self) -> None:
        model = Sequential([Dense(1)])
        y = model.predict(X)
        model.predict(X + 1)
        np.testing.assert_allclose(y, model.predict(X))
        identity = Sequential()
        assert not np.shares_memory(identity.predict(X), X)

    def test_outputs_that_are_no_tensor_or_of_changing_shape_are_refused(self) -> None:
        class Odd(Model):
            def __init__(self, answer: Any) -> None:
                self.answer = answer

            def forward(self, x: Any) -> Any:
                return self.answer(x)

        with pytest.raises(TypeError, match=r"predict\(\) needs a model that returns Tensors, got a NoneType"):
            Odd(lambda x: (x, None)).predict(X)
        with pytest.raises(ValueError, match=r"predict\(\) got outputs of shape \(\) for 12 samples"):
            Odd(lambda x: x.sum()).predict(X)
        with pytest.raises(ValueError, match=r"predict\(\) got outputs of shape \(2, 2\) for 2 samples"):
            Odd(lambda x: x * np.ones((1, len(x)), np.float32)).predict(X, batch_size=5)
