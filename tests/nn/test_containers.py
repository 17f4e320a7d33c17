"""Modules that hold modules: order, names, and what can be done to them."""

import itertools
import json

import numpy as np
import pytest

from nnlite import nn


def linears(*widths: int) -> list[nn.Linear]:
    """Linear maps from each width to the next."""
    return [nn.Linear(a, b) for a, b in itertools.pairwise(widths)]


class TestSequential:
    def test_calls_in_order_and_names_by_number(self) -> None:
        model = nn.Sequential(*linears(4, 3, 2))
        assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.weight", "1.bias"]
        x = np.ones((5, 4), np.float32)
        np.testing.assert_array_equal(model(x).data, model[1](model[0](x)).data)

    def test_takes_names_from_a_dict(self) -> None:
        first, second = linears(4, 3, 2)
        model = nn.Sequential({"hidden": first, "out": second})
        assert list(model.state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
        assert model[-1] is second

    def test_a_slice_shares_its_modules(self) -> None:
        model = nn.Sequential(*linears(4, 3, 2, 1))
        part = model[1:]
        assert isinstance(part, nn.Sequential)
        assert [*part] == [model[1], model[2]]
        assert part(np.ones((1, 3), np.float32)).shape == (1, 1)

    def test_grows(self) -> None:
        model = nn.Sequential().append(nn.Linear(4, 3)).extend(linears(3, 2, 1))
        assert len(model) == 3
        assert model(np.ones((1, 4), np.float32)).shape == (1, 1)

    def test_refuses_what_is_no_module(self) -> None:
        with pytest.raises(TypeError, match=r"Sequential holds modules, got function as '1'"):
            nn.Sequential(nn.Linear(2, 2), lambda x: x)


class TestModuleList:
    def test_is_a_list_whose_parameters_are_found(self) -> None:
        layers = nn.ModuleList(linears(2, 2, 2))
        layers.append(nn.Linear(2, 5))
        layers.insert(0, nn.Linear(7, 2))
        layers.extend([nn.Linear(5, 1)])
        assert [layer.in_features for layer in layers] == [7, 2, 2, 2, 5]
        assert list(layers.state_dict())[:2] == ["0.weight", "0.bias"]
        assert layers[-1].out_features == 1

    def test_replaces_deletes_and_slices(self) -> None:
        layers = nn.ModuleList(linears(1, 2, 3, 4))
        layers[1] = nn.Linear(9, 9)
        del layers[0]
        assert [layer.in_features for layer in layers] == [9, 3]
        assert list(layers.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
        assert len(layers[:1]) == 1

    def test_inside_a_module_of_ones_own(self) -> None:
        class Stack(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layers = nn.ModuleList(linears(3, 3, 3))

            def forward(self, x: object) -> object:
                for layer in self.layers:
                    x = layer(x)
                return x

        stack = Stack()
        assert [name for name, _ in stack.named_parameters()] == [
            "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
        ]  # fmt: skip
        assert stack(np.ones((2, 3), np.float32)).shape == (2, 3)  # type: ignore[attr-defined]


class TestModuleDict:
    def test_is_a_dict_whose_parameters_are_found(self) -> None:
        heads = nn.ModuleDict({"a": nn.Linear(2, 1)})
        heads["b"] = nn.Linear(2, 3)
        heads.update({"a": nn.Linear(2, 5)})
        assert list(heads) == list(heads.keys()) == ["a", "b"]
        assert [module.out_features for module in heads.values()] == [5, 3]
        assert list(heads.state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias"]
        assert "a" in heads
        assert len(heads) == 2
        del heads["a"]
        assert dict(heads.items()) == {"b": heads["b"]}

    def test_names_what_it_has(self) -> None:
        with pytest.raises(KeyError, match=r"no module 'c'; it has \['a'\]"):
            nn.ModuleDict({"a": nn.Linear(2, 1)})["c"]


def test_containers_are_made_again_from_their_configs():
    inside = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    for container in (
        nn.Sequential({"a": nn.Linear(4, 2), "b": inside}),
        nn.ModuleList([nn.Linear(4, 2), inside]),
        nn.ModuleDict({"class_name": nn.Linear(4, 2), "b": inside}),
    ):
        config = json.loads(json.dumps(container.get_config()))
        again = type(container).from_config(config)
        assert repr(again) == repr(container)
        assert list(again.state_dict()) == list(container.state_dict())
