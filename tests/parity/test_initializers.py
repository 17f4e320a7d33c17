"""Initializers beside Keras', which draws other numbers: their laws are compared; and nn.init beside torch's."""

import numpy as np
import pytest
from scipy import stats

import nnlite as nl
from nnlite.nn import init
from tests.conformance import INITIALIZERS, InitializerRow, keras_names
from tests.parity.harness import check


@pytest.mark.parametrize("row", INITIALIZERS, ids=str)
def test_values_follow_the_law_of_keras(row: InitializerRow) -> None:
    ours = row.make(**({} if row.values else {"seed": 1}))(row.shape, "float64")
    theirs = eval(row.code, keras_names())
    if not row.values:
        theirs = theirs.__class__.from_config({**theirs.get_config(), "seed": 1})
    theirs = np.asarray(theirs(row.shape, dtype="float64"))
    name = f"initializers.{row.code.split('(')[0]}"
    if row.values:
        check(name, "keras", ours, theirs)
    elif row.law:
        assert stats.ks_2samp(ours.ravel(), theirs.ravel()).pvalue > 1e-4
    else:
        ours, theirs = (w.reshape(-1, w.shape[-1]) for w in (ours, theirs))
        tall = len(ours) >= ours.shape[1]
        check(name, "keras", *(w.T @ w if tall else w @ w.T for w in (ours, theirs)), tolerance=1e-5)


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [
        ("eye_", (3, 5), ()),
        ("eye_", (4, 2), ()),
        ("dirac_", (4, 6, 3), ()),
        ("dirac_", (6, 2, 4, 5), (3,)),
        ("dirac_", (2, 3, 3, 3, 2), (2,)),
        ("constant_", (2, 3), (1.5,)),
        ("ones_", (4,), ()),
        ("zeros_", (2, 2), ()),
    ],
)
def test_values_are_those_of_torch(name: str, shape: tuple[int, ...], arguments: tuple[float, ...]) -> None:
    import torch

    ours = getattr(init, name)(nl.Parameter(np.zeros(shape)), *arguments)
    check(f"nn.init.{name}", "torch", ours, getattr(torch.nn.init, name)(torch.empty(shape), *arguments))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("uniform_", {"a": -1.0, "b": 3.0}),
        ("normal_", {"mean": 1.0, "std": 2.0}),
        ("trunc_normal_", {"mean": 0.5, "std": 2.0, "a": -1.0, "b": 4.0}),
        ("xavier_uniform_", {"gain": 2.0}),
        ("xavier_normal_", {}),
        ("kaiming_uniform_", {}),
        ("kaiming_uniform_", {"a": 5**0.5, "mode": "fan_out"}),
        ("kaiming_normal_", {"nonlinearity": "relu"}),
        ("sparse_", {"sparsity": 0.3, "std": 1.0}),
    ],
)
def test_values_follow_the_law_of_torch(name: str, arguments: dict[str, float]) -> None:
    import torch

    torch.manual_seed(0)
    shape = (60, 100) if name == "sparse_" else (40, 12, 3, 5)
    ours = getattr(init, name)(nl.Parameter(np.zeros(shape)), **arguments, generator=np.random.default_rng(1)).data
    theirs = getattr(torch.nn.init, name)(torch.empty(shape, dtype=torch.float64), **arguments).numpy()
    assert stats.ks_2samp(ours.ravel(), theirs.ravel()).pvalue > 1e-4
    if name == "sparse_":
        check("nn.init.sparse_", "torch", (ours == 0).sum(axis=0), (theirs == 0).sum(axis=0))


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3)])
def test_orthogonal_matrices_have_the_products_of_those_of_torch(shape: tuple[int, ...]) -> None:
    import torch

    ours = init.orthogonal_(nl.Parameter(np.zeros(shape)), 2.0).data.reshape(shape[0], -1)
    theirs = torch.nn.init.orthogonal_(torch.empty(shape, dtype=torch.float64), 2.0).numpy().reshape(shape[0], -1)
    wide = ours.shape[0] <= ours.shape[1]
    check("nn.init.orthogonal_", "torch", *(w @ w.T if wide else w.T @ w for w in (ours, theirs)))


@pytest.mark.parametrize(
    "name", ["linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
)
@pytest.mark.parametrize("slope", [None, 0.2, 3])
def test_gains_are_those_of_torch(name: str, slope: float | None) -> None:
    import torch

    check(
        "nn.init.calculate_gain", "torch", init.calculate_gain(name, slope), torch.nn.init.calculate_gain(name, slope)
    )
