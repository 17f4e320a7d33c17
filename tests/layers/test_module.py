"""Module: names, modes, state, hooks, and what its errors say."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import Activation, Dense, Dropout, Module
from nnlite.models import Sequential


class Block(Module):
    """Parameters and modules in attributes, a list and a dict; no super().__init__()."""

    def __init__(self, units: int) -> None:
        self.first = Dense(units, input_shape=(2,))
        self.branches = [Dense(1, input_shape=(units,)), Dense(1, use_bias=False, input_shape=(units,))]
        self.heads = {"left": Dense(1, input_shape=(1,)), "same": self.first}
        self.scale = nl.Parameter([2.0])
        self.offsets = (nl.Parameter([0.0]), nl.Parameter([1.0]))
        self.register_buffer("seen", np.zeros(3, np.float32))

    def forward(self, x: nl.Tensor) -> nl.Tensor:
        h = self.first(x)
        return self.heads["left"](self.branches[0](h) + self.branches[1](h)) * self.scale + self.offsets[1]


class Twins(Module):
    """One layer under two names."""

    def __init__(self) -> None:
        self.a = Dense(3, input_shape=(3,))
        self.b = self.a

    def forward(self, x: nl.Tensor) -> nl.Tensor:
        return self.b(self.a(x))


class TestNames:
    def test_parameters_are_named_by_attribute_and_position_in_order_of_assignment(self) -> None:
        assert [name for name, _ in Block(4).named_parameters()] == [
            "scale", "offsets.0", "offsets.1", "first.kernel", "first.bias", "branches.0.kernel", "branches.0.bias",
            "branches.1.kernel", "heads.left.kernel", "heads.left.bias",
        ]  # fmt: skip

    def test_modules_are_named_each_once(self) -> None:
        block = Block(4)
        assert [name for name, _ in block.named_modules()] == ["", "first", "branches.0", "branches.1", "heads.left"]
        assert [name for name, _ in block.named_children()] == ["first", "branches.0", "branches.1", "heads.left"]
        assert list(block.children()) == list(block.modules())[1:]
        assert next(iter(block.modules())) is block

    def test_a_shared_module_counts_once(self) -> None:
        twins = Twins()
        assert [name for name, _ in twins.named_parameters()] == ["a.kernel", "a.bias"]
        assert twins.num_parameters() == 12
        assert len(twins.weights) == len(list(twins.parameters())) == 2
        twins(np.ones((2, 3), np.float32)).sum().backward()
        assert all(p.grad is not None for p in twins.parameters())

    def test_a_shared_parameter_counts_once(self) -> None:
        tied = Twins()
        tied.c = Dense(3, input_shape=(3,))
        tied.c.kernel = tied.a.kernel
        assert [name for name, _ in tied.named_parameters()] == ["a.kernel", "a.bias", "c.bias"]

    def test_modules_that_hold_each_other_do_not_go_on_forever(self) -> None:
        parent, child = Module(), Module()
        parent.child, child.parent = child, parent
        assert [name for name, _ in parent.named_modules()] == ["", "child"]

    def test_modules_appended_later_are_found(self) -> None:
        block = Block(4)
        block.branches.append(Dense(1, input_shape=(4,)))
        assert "branches.2.kernel" in dict(block.named_parameters())

    def test_num_parameters_counts_numbers(self) -> None:
        assert Block(4).num_parameters() == 1 + 2 + (8 + 4) + (4 + 1) + 4 + (1 + 1)

    def test_weights_come_module_by_module_with_their_buffers(self) -> None:
        block = Block(4)
        shapes = [w.shape for w in block.weights]
        assert shapes == [(1,), (1,), (1,), (3,), (2, 4), (4,), (4, 1), (1,), (4, 1), (1, 1), (1,)]
        assert [w.shape for w in block.get_weights()] == shapes


class TestCalling:
    def test_arrays_become_tensors_and_other_arguments_stay(self) -> None:
        class Echo(Module):
            def forward(self, x: Any, y: Any, *rest: Any, flag: bool = False) -> Any:
                return x, y, rest, flag

        x, y, rest, flag = Echo()(np.ones(2), np.ones(3, np.int64), "a", (1, 2), [3, 4], None, flag=True)
        assert isinstance(x, nl.Tensor)
        assert y.dtype == np.int64
        assert rest == ("a", (1, 2), [3, 4], None)
        assert flag

    def test_a_list_of_numbers_becomes_a_tensor_and_a_list_of_tensors_stays(self) -> None:
        class Kind(Module):
            def forward(self, x: Any) -> Any:
                return type(x)

        assert Kind()([[1.0, 2.0]]) is nl.Tensor
        assert Kind()([nl.tensor(1.0)]) is list
        np.testing.assert_array_equal(Dense(1, kernel_initializer="ones")([[1, 2]]).numpy(), [[3]])

    def test_forward_may_return_anything(self) -> None:
        class Two(Module):
            def forward(self, x: nl.Tensor) -> tuple[nl.Tensor, int]:
                return x * 2, 7

        y, seven = Two()(np.ones(2, np.float32))
        assert (y.tolist(), seven) == ([2, 2], 7)

    def test_build_runs_once_for_the_first_input(self) -> None:
        class Counting(Module):
            calls: tuple[Any, ...] = ()

            def build(self, input_shape: Any) -> None:
                self.calls = (*self.calls, input_shape)

            def forward(self, x: Any, y: Any = None) -> Any:
                return x

        module = Counting()
        module(np.ones((4, 2)))
        module(np.ones((5, 2)))
        assert module.calls == ((4, 2),)

    def test_a_build_that_fails_can_be_tried_again(self) -> None:
        dense = Dense(2)
        with pytest.raises(ValueError, match=r"Dense\(2\) expected an input of shape \(batch, ..., features\)"):
            dense(np.ones(3))
        assert dense(np.ones((1, 3))).shape == (1, 2)

    @pytest.mark.parametrize(("inputs", "settings", "got"), [(("x",), {}, "str"), ((), {"x": np.ones((1, 2))}, "none")])
    def test_a_layer_that_cannot_see_a_shape_says_so(self, inputs: Any, settings: Any, got: str) -> None:
        with pytest.raises(
            TypeError, match=rf"Dense\(2\) expected an array or a Tensor as its first argument, got {got}"
        ):
            Dense(2)(*inputs, **settings)

    def test_forward_must_be_defined(self) -> None:
        with pytest.raises(NotImplementedError, match=r"Module does not define forward\(\)"):
            Module()(np.ones(2))

    def test_an_error_inside_names_the_innermost_module(self) -> None:
        model = Sequential([Dense(4), nl.layers.Reshape((2, 2, 1)), nl.layers.MaxPool2D(3)])
        with pytest.raises(ValueError, match="cannot fit") as caught:
            model(np.ones((1, 3)))
        assert caught.value.__notes__ == ["in MaxPool2D(pool_size=(3, 3))"]

    def test_modules_made_in_build_join_in_the_mode(self) -> None:
        class Late(Module):
            def build(self, input_shape: Any) -> None:
                self.dropout, self.dense = Dropout(0.5), Dense(2)

            def forward(self, x: nl.Tensor) -> nl.Tensor:
                return self.dropout(self.dense(x))

        late = Late().eval().requires_grad_(False)
        late(np.ones((1, 2)))
        assert not late.dropout.training
        assert not late.dense.kernel.requires_grad
        late = Late()
        late(np.ones((1, 2)))
        assert late.dropout.training
        assert late.dense.kernel.requires_grad

    def test_anomalies_are_reported_with_the_layer(self) -> None:
        model = Sequential([Dense(1, kernel_initializer="zeros", name="d"), Activation(np.log)])
        with (
            np.errstate(divide="ignore"),
            nl.detect_anomaly(),
            pytest.raises(FloatingPointError, match=r"log produced Inf in its value .*, called from Activation\(log\)"),
        ):
            model(np.ones((1, 2)))


class TestDtype:
    def test_astype_reaches_what_is_built_later(self) -> None:
        class Late(Module):
            def build(self, input_shape: Any) -> None:
                self.dense, self.norm = Dense(2), nl.layers.BatchNorm()
                self.early = Dense(2, input_shape=(2,))
                self.register_buffer("count", np.zeros(1, np.float32))
                self.register_buffer("index", np.zeros(1, np.int64))

            def forward(self, x: nl.Tensor) -> nl.Tensor:
                return self.early(self.norm(self.dense(x)))

        model = Sequential([Dense(3), Late(), Dense(1)]).astype("float64")
        x = np.random.default_rng(0).normal(size=(4, 3))
        assert model(x).dtype == np.float64
        assert {p.dtype for p in model.parameters()} == {np.dtype("float64")}
        assert {name.rpartition(".")[2]: b.dtype.name for name, b in model.named_buffers()} == {
            "moving_mean": "float64", "moving_variance": "float64", "count": "float64", "index": "int64",
        }  # fmt: skip
        model.compile("sgd", "mse")
        model.fit(x, x[:, 0], verbose=0)
        assert model.predict(x).dtype == np.float64

    def test_a_layer_keeps_to_its_dtype_and_others_to_theirs(self) -> None:
        layer = Dense(2).astype("float64")
        layer(np.ones((1, 3), np.float32))
        other = Dense(2)
        other(np.ones((1, 3)))
        assert (layer.kernel.dtype, other.kernel.dtype) == (np.float64, np.float32)
        layer.astype("float32")
        assert layer(np.ones((1, 3))).dtype == np.float32


class TestSwitching:
    def test_train_and_eval_reach_everything_inside(self) -> None:
        block = Block(2)
        assert block.eval() is block
        assert not any(module.training for module in block.modules())
        block.heads["left"].train()
        assert [m.training for m in block.modules()] == [False, False, False, False, True]
        block.train()
        assert all(module.training for module in block.modules())

    def test_trainable_reaches_everything_inside(self) -> None:
        block = Block(2)
        block.trainable = False
        assert not any(m.trainable for m in block.modules())
        assert not any(p.requires_grad for p in block.parameters())
        block.first.trainable = True
        assert [n for n, p in block.named_parameters() if p.requires_grad] == ["first.kernel", "first.bias"]
        assert not block.trainable
        assert block.requires_grad_() is block
        assert all(p.requires_grad for p in block.parameters())

    def test_frozen_parameters_let_gradients_through(self) -> None:
        model = Sequential([Dense(2, input_shape=(2,)), Dense(1)])
        model[1].trainable = False
        model(np.ones((1, 2))).sum().backward()
        assert model[0].kernel.grad is not None
        assert model[1].kernel.grad is None

    def test_zero_grad_forgets(self) -> None:
        block = Block(2)
        block(np.ones((1, 2))).sum().backward()
        assert block.scale.grad is not None
        block.zero_grad()
        assert all(p.grad is None for p in block.parameters())

    def test_apply_visits_children_first(self) -> None:
        block, seen = Block(2), []
        assert block.apply(seen.append) is block
        assert set(map(id, seen)) == set(map(id, block.modules()))
        assert seen[-1] is block

    def test_astype_converts_parameters_buffers_and_gradients(self) -> None:
        block = Block(2)
        block.register_buffer("steps", np.zeros((), np.int64))
        block(np.ones((1, 2))).sum().backward()
        assert block.astype("float64") is block
        assert {p.dtype for p in block.parameters()} == {np.dtype("float64")}
        assert block.scale.grad is not None
        assert block.scale.grad.dtype == block.seen.dtype == np.float64
        assert block.steps.dtype == np.int64
        assert block(np.ones((1, 2))).dtype == np.float64
        with pytest.raises(TypeError, match="parameters are floating, got dtype int32"):
            block.astype("int32")


class TestBuffers:
    def test_they_are_saved_named_and_not_trained(self) -> None:
        block = Block(2)
        assert [name for name, _ in block.named_buffers()] == ["seen"]
        assert "seen" in block.state_dict()
        assert "seen" not in dict(block.named_parameters())
        block.register_buffer("seen", [1, 2])
        assert [b.tolist() for b in block.buffers()] == [[1, 2]]

    def test_numbers_take_the_default_dtype_and_arrays_are_copied(self) -> None:
        module, given = Module(), np.ones(2)
        module.register_buffer("mean", [0.0, 0.0])
        module.register_buffer("given", given)
        assert module.mean.dtype == np.float32
        assert module.given.dtype == np.float64
        assert module.given is not given

    def test_a_buffer_that_was_replaced_is_the_one_that_is_saved_and_loaded(self) -> None:
        block = Block(2)
        block.seen = block.seen + 5
        state = block.state_dict()
        np.testing.assert_array_equal(state["seen"], [5, 5, 5])
        other = Block(2)
        other.load_state_dict(state)
        np.testing.assert_array_equal(other.seen, [5, 5, 5])


class TestHooks:
    def test_a_hook_sees_and_may_replace_the_output(self) -> None:
        dense, seen = Dense(1, kernel_initializer="ones"), []
        dense.register_forward_hook(lambda module, inputs, output: seen.append((module, inputs, output)))
        tenfold = dense.register_forward_hook(lambda module, inputs, output: output * 10)
        assert dense(np.ones((1, 3))).item() == 30
        (module, inputs, output), *rest = seen
        assert module is dense
        assert inputs[0].shape == (1, 3)
        assert output.item() == 3
        assert not rest
        tenfold.remove()
        tenfold.remove()
        assert dense(np.ones((1, 3))).item() == 3
        assert len(seen) == 2

    def test_hooks_run_in_order_and_are_the_modules_own(self) -> None:
        one, other = Activation("linear"), Activation("linear")
        one.register_forward_hook(lambda module, inputs, output: output + 1)
        one.register_forward_hook(lambda module, inputs, output: output * 2)
        assert one(np.ones(1)).item() == 4
        assert other(np.ones(1)).item() == 1


class TestState:
    def test_it_is_a_copy(self) -> None:
        block = Block(2)
        state = block.state_dict()
        state["scale"][...] = 9
        assert block.scale.data == 2

    def test_loading_is_in_place_and_bumps_the_version(self) -> None:
        block, other = Block(2), Block(2)
        scale, memory, version = block.scale, block.scale.data, block.scale.version
        loss = block(np.ones((1, 2))).sum()
        block.load_state_dict(other.state_dict())
        assert block.scale is scale
        assert block.scale.data is memory
        assert block.scale.version > version
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    def test_tensors_can_be_loaded(self) -> None:
        block, other = Block(2), Block(2)
        block.load_state_dict({**dict(other.named_parameters()), "seen": [1, 2, 3]})
        np.testing.assert_array_equal(block.first.kernel.data, other.first.kernel.data)
        np.testing.assert_array_equal(block.seen, [1, 2, 3])

    def test_numbers_in_lists_keep_their_precision(self) -> None:
        dense = Dense(1, use_bias=False, input_shape=(1,)).astype("float64")
        dense.load_state_dict({"kernel": [[0.1]]})
        assert dense.kernel.data == 0.1
        dense.set_weights([[[0.3]]])
        assert dense.kernel.data == 0.3

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (lambda s: s.pop("scale"), KeyError, r"is missing \['scale'\], does not know nothing"),
            (lambda s: s.update(extra=1.0), KeyError, r"is missing nothing, does not know \['extra'\]"),
            (lambda s: s.update(scale=np.ones(2)), ValueError, r"scale: \(1,\), got \(2,\)"),
            (lambda s: s.update(scale="no"), TypeError, "expected numbers, an array or a Tensor, got str 'no'"),
        ],
    )
    def test_a_state_that_does_not_fit_changes_nothing(self, change: Any, error: Any, message: str) -> None:
        block = Block(2)
        before, state = block.state_dict(), Block(2).state_dict()
        state["first.kernel"] += 1
        change(state)
        with pytest.raises(error, match=message):
            block.load_state_dict(state)
        for name, values in block.state_dict().items():
            np.testing.assert_array_equal(values, before[name])

    def test_without_strict_only_common_names_are_loaded(self) -> None:
        block = Block(2)
        before = block.state_dict()
        block.load_state_dict({"scale": [7.0], "unknown": [1.0]}, strict=False)
        assert block.scale.data == 7
        np.testing.assert_array_equal(block.first.kernel.data, before["first.kernel"])

    def test_an_unbuilt_module_says_how_to_build_it(self) -> None:
        with pytest.raises(KeyError, match="not built yet: call it on a batch, or give input_shape="):
            Dense(1).load_state_dict({"kernel": [[1.0]]})

    def test_weights_that_do_not_fit_change_nothing(self) -> None:
        block = Block(2)
        before = block.get_weights()
        for wrong in (before[:-1], [*before[:-1], np.ones((7, 7))]):
            with pytest.raises(ValueError, match="expected weights of shapes"):
                block.set_weights([w + 1 for w in wrong])
        for one, other in zip(block.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
    def test_copies_keep_sharing_inside_and_modes(self, way: Any) -> None:
        twins = Twins().eval()
        twins.trainable = False
        other = way(twins)
        assert other.a is other.b
        assert other.a is not twins.a
        assert not other.training
        assert not other.a.kernel.requires_grad


class TestPrinting:
    def test_arguments_that_a_module_did_not_keep_are_left_open(self) -> None:
        assert repr(Block(4)) == "Block(...)  # 26 parameters"

    def test_arguments_at_their_defaults_are_left_out(self) -> None:
        class Kept(Module):
            def __init__(self, a: Any, b: int = 2, *, c: Any = None) -> None:
                self.a, self.b, self.c = a, b, c

        assert repr(Kept(1)) == "Kept(1)"
        assert repr(
            Kept([Dense(1, input_shape=(1,))], 3, c=F.relu)
        ) == "Kept([Dense(1, input_shape=(1,))], b=3, c=relu)" + ("  # 2 parameters")

    def test_label_is_short_once_the_layer_is_built(self) -> None:
        dense = Dense(3, activation="relu")
        assert dense.label == "Dense(3, activation='relu')"
        dense(np.ones((1, 2)))
        assert dense.label == "Dense(2 -> 3)"


def test_add_weight_takes_initializer_dtype_and_the_modules_trainability() -> None:
    module = Module()
    weight = module.add_weight((2, 3), "ones", "float64")
    assert (weight.dtype, weight.data.sum(), weight.requires_grad) == (np.float64, 6, True)
    module.trainable = False
    assert not module.add_weight((2,)).requires_grad
    with pytest.raises(ValueError, match="unknown initializer 'oens', did you mean 'ones'"):
        module.add_weight((2,), "oens")


class TestTrainingOfOneCall:
    """`training=` says how one call runs."""

    def test_it_rules_this_module_and_those_inside_for_this_call_only(self) -> None:
        model = nl.models.Sequential([nl.layers.Dropout(0.5), nl.models.Sequential([nl.layers.Dropout(0.5)])])
        x = np.ones((50, 4), np.float32)
        np.testing.assert_array_equal(model(x, training=False).data, x)
        assert (model(x, training=True).data == 0).any()
        model.eval()
        assert (model(x, training=True).data == 0).any()
        np.testing.assert_array_equal(model(x).data, x)
        np.testing.assert_array_equal(model(x, training=None).data, x)
        assert not model.training

    def test_it_moves_the_statistics_of_batch_norm_or_not(self) -> None:
        norm = nl.layers.BatchNorm()
        x = np.random.default_rng(0).normal(3, 1, (20, 2)).astype(np.float32)
        norm(x, training=False)
        np.testing.assert_array_equal(norm.moving_mean, 0)
        norm(x, training=True)
        assert (norm.moving_mean != 0).all()

    def test_a_forward_that_takes_it_gets_it(self) -> None:
        class Own(Module):
            def forward(self, x: Any, training: bool = False) -> Any:
                return x * (2 if training else 1)

        assert Own()(nl.tensor([1.0]), training=True).item() == 2
        assert Own()(nl.tensor([1.0])).item() == 1
