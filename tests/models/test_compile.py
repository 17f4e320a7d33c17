"""compile's snapshot of what is trainable: two models that share layers each train their own."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Dense, Dropout, Module
from nnlite.models import Model, Sequential

NOISE = np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)
REAL = np.random.default_rng(1).normal(size=(16, 3)).astype(np.float32)


def weights(model: Module) -> list[Any]:
    """Copies of all weights."""
    return model.get_weights()


def changed(before: list[Any], model: Module) -> list[bool]:
    """Which weights are no longer what they were."""
    return [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]


class TestGAN:
    """The course's listing: compile the discriminator, freeze it, compile the stack."""

    @pytest.fixture(params=["separate", "shared"])
    def networks(self, request: pytest.FixtureRequest) -> tuple[Sequential, Sequential, Sequential]:
        """Generator, discriminator and the stack; some listings give both the same optimizer."""
        shared = nl.optimizers.Adam(0.01)
        made = [shared] * 2 if request.param == "shared" else ["adam", "adam"]
        generator = Sequential([Dense(4, activation="tanh"), Dense(3)])
        discriminator = Sequential([Dense(4, activation="tanh"), Dropout(0.2), Dense(1, activation="sigmoid")])
        discriminator.compile(made[0], "binary_crossentropy", metrics=["accuracy"])
        discriminator.trainable = False
        stack = Sequential([generator, discriminator])
        stack.compile(made[1], "binary_crossentropy")
        return generator, discriminator, stack

    def test_each_network_is_trained_by_its_own_step_only(self, networks: Any) -> None:
        generator, discriminator, stack = networks
        generator(NOISE), discriminator(REAL)
        for _ in range(3):
            before = weights(generator), weights(discriminator)
            discriminator.train_on_batch(np.concatenate([REAL, generator.predict(NOISE)]), np.repeat([1, 0], 16))
            assert not any(changed(before[0], generator))
            assert all(changed(before[1], discriminator))
            before = weights(generator), weights(discriminator)
            stack.train_on_batch(NOISE, np.ones(16))
            assert all(changed(before[0], generator))
            assert not any(changed(before[1], discriminator))
            assert not any(module.trainable for module in discriminator.modules())
            assert not any(p.requires_grad for p in discriminator.parameters())
            assert all(p.requires_grad for p in generator.parameters())

    def test_fit_keeps_to_the_snapshot_too(self, networks: Any) -> None:
        _, discriminator, stack = networks
        discriminator.fit(REAL, np.ones(16), verbose=0)
        before = weights(discriminator)
        stack.fit(NOISE, np.ones(16), epochs=2, verbose=0)
        assert not any(changed(before, discriminator))
        discriminator.fit(REAL, np.ones(16), verbose=0)
        assert all(changed(before, discriminator))

    def test_each_has_optimizer_state_of_its_own(self, networks: Any) -> None:
        generator, discriminator, stack = networks
        generator(NOISE), discriminator(REAL)
        reference = Sequential([Dense(4, activation="tanh"), Dropout(0.2), Dense(1, activation="sigmoid")])
        reference(REAL)
        reference.set_weights(weights(discriminator))
        reference.compile(nl.optimizers.SGD(0.1, momentum=0.9), "binary_crossentropy")
        shared = nl.optimizers.SGD(0.1, momentum=0.9)
        discriminator.trainable = True
        discriminator.compile(shared, "binary_crossentropy")
        discriminator.trainable = False
        stack.compile(shared, "binary_crossentropy")
        for step in range(3):
            for model in (discriminator, reference):
                nl.random.seed(step)
                model.train_on_batch(REAL, np.ones(16))
            stack.train_on_batch(NOISE, np.ones(16))
        for one, other in zip(weights(discriminator), weights(reference), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_a_callback_may_train_the_other_network(self, networks: Any) -> None:
        generator, discriminator, stack = networks
        generator(NOISE), discriminator(REAL)

        class Alternate(nl.callbacks.Callback):
            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                discriminator.train_on_batch(REAL, np.ones(16))

        before = weights(generator), weights(discriminator)
        stack.fit(NOISE, np.ones(16), batch_size=8, verbose=0, callbacks=Alternate())
        assert all(changed(before[0], generator))
        assert all(changed(before[1], discriminator))
        own = weights(discriminator)
        stack.fit(NOISE, np.ones(16), batch_size=8, verbose=0)
        assert not any(changed(own, discriminator))


class TestSnapshot:
    @staticmethod
    def net() -> Sequential:
        """Two layers."""
        return Sequential([Dense(2, input_shape=(3,)), Dense(1)])

    def test_freezing_after_compile_waits_for_the_next_compile(self) -> None:
        model = self.net()
        model.compile("sgd", "mse")
        model[0].trainable = False
        before = weights(model)
        model.train_on_batch(REAL, REAL[:, 0])
        assert all(changed(before, model))
        assert not model[0].kernel.requires_grad
        model.compile("sgd", "mse")
        before = weights(model)
        model.train_on_batch(REAL, REAL[:, 0])
        assert changed(before, model) == [False, False, True, True]

    def test_freezing_before_compile_holds(self) -> None:
        model = Sequential([Dense(2), Dense(1)])
        model[0].trainable = False  # before there are parameters
        model.compile("sgd", "mse")
        model[0].trainable = True
        model.train_on_batch(REAL, REAL[:, 0])
        before = weights(model)
        model.fit(REAL, REAL[:, 0], verbose=0)
        assert changed(before, model) == [False, False, True, True]
        assert model[0].trainable
        assert model[0].kernel.requires_grad

    def test_flags_are_put_back_after_an_error(self) -> None:
        model = self.net()
        model.compile("sgd", "mse")
        model.trainable = False
        with pytest.raises(ValueError, match="expected the last axis"):
            model.train_on_batch(NOISE, REAL[:, 0])
        assert not any(module.trainable for module in model.modules())
        assert not any(p.requires_grad for p in model.parameters())

    def test_parameters_of_the_model_itself_follow_its_own_flag(self) -> None:
        class Shift(Model):
            def build(self, input_shape: Any) -> None:
                self.shift = self.add_weight((1,), "zeros")

            def forward(self, x: Any) -> Any:
                return x + self.shift

        model = Shift()
        model.compile("sgd", "mse")
        model.trainable = False
        model.train_on_batch(REAL, REAL + 1)
        assert model.shift.data != 0
        assert not model.shift.requires_grad

    def test_the_optimizer_is_bound_as_soon_as_there_are_parameters(self) -> None:
        model = self.net()
        model.compile(nl.optimizers.Adam(), "mse")
        model.fit(REAL, REAL[:, 0], verbose=0)
        state = model.optimizer.state_dict()
        again = self.net()
        again.set_weights(weights(model))
        again.compile(nl.optimizers.Adam(), "mse")
        again.optimizer.load_state_dict(state)
        for one in (model, again):
            one.fit(REAL, REAL[:, 0], epochs=2, verbose=0, shuffle=False)
        for one, other in zip(weights(model), weights(again), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_metrics_may_be_none_a_name_or_a_list(self) -> None:
        model = self.net()
        for metrics, names in ((None, []), ("mae", ["mae"]), (["mae", "acc"], ["mae", "acc"]), ((), [])):
            model.compile("sgd", "mse", metrics=metrics)
            assert list(model.fit(REAL, REAL[:, 0], verbose=0).history) == ["loss", *names]
