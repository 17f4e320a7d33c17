"""Initial values in PyTorch's spelling: exact formulas where there are some, else distributions and their limits."""

import math

import numpy as np
import pytest
from scipy import stats

import nnlite as nl
from nnlite.nn import init

SHAPE = (48, 16, 3, 5)
FAN_IN, FAN_OUT = 16 * 15, 48 * 15

UNIFORM = [  # function, arguments, limit
    (init.uniform_, {"a": -0.5, "b": 0.5}, 0.5),
    (init.xavier_uniform_, {"gain": 2.0}, 2 * math.sqrt(6 / (FAN_IN + FAN_OUT))),
    (init.kaiming_uniform_, {}, math.sqrt(6 / FAN_IN)),
    (init.kaiming_uniform_, {"a": 2.0}, math.sqrt(6 / 5 / FAN_IN)),
    (init.kaiming_uniform_, {"mode": "fan_out", "nonlinearity": "tanh"}, 5 / 3 * math.sqrt(3 / FAN_OUT)),
]
NORMAL = [  # function, arguments, mean, standard deviation
    (init.normal_, {"mean": 1.0, "std": 3.0}, 1.0, 3.0),
    (init.xavier_normal_, {}, 0.0, math.sqrt(2 / (FAN_IN + FAN_OUT))),
    (init.kaiming_normal_, {"nonlinearity": "relu"}, 0.0, math.sqrt(2 / FAN_IN)),
    (init.kaiming_normal_, {"mode": "fan_out", "nonlinearity": "linear"}, 0.0, math.sqrt(1 / FAN_OUT)),
]
RANDOM = [
    init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
    init.kaiming_normal_, init.orthogonal_, lambda w, **k: init.sparse_(w, 0.5, **k),
]  # fmt: skip
EVERY = [*RANDOM, init.zeros_, init.ones_, init.eye_, lambda w: init.constant_(w, 2.5)]


def weight(*shape: int, dtype: str = "float32") -> nl.Parameter:
    return nl.Parameter(np.full(shape, np.nan, dtype))


@pytest.mark.parametrize(("fill", "settings", "limit"), UNIFORM)
def test_uniform_values(fill, settings, limit):
    w = fill(weight(*SHAPE), generator=np.random.default_rng(0), **settings).data
    assert stats.kstest(w.ravel(), stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-3
    assert abs(w).max() <= limit * (1 + 1e-6)


@pytest.mark.parametrize(("fill", "settings", "mean", "std"), NORMAL)
def test_normal_values(fill, settings, mean, std):
    w = fill(weight(*SHAPE), generator=np.random.default_rng(0), **settings).data
    assert stats.kstest(w.ravel(), stats.norm(mean, std).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("mean", "std", "a", "b"), [(0, 1, -2, 2), (1, 2, 0, 1.5), (-3, 0.5, -2.5, 9), (0, 1, 5, 6)])
def test_truncated_normal_values(mean, std, a, b):
    w = init.trunc_normal_(weight(100, 50), mean, std, a, b, np.random.default_rng(0)).data
    expected = stats.truncnorm((a - mean) / std, (b - mean) / std, mean, std)
    assert stats.kstest(w.ravel(), expected.cdf).pvalue > 1e-3
    assert a <= w.min() <= w.max() <= b


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 3), (4, 4)])
def test_orthogonal_rows_or_columns(shape):
    w = init.orthogonal_(weight(*shape, dtype="float64"), gain=2.0).data.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_eye_and_constants():
    np.testing.assert_array_equal(init.eye_(weight(2, 3)).data, np.eye(2, 3))
    np.testing.assert_array_equal(init.constant_(weight(2), 2.5).data, [2.5, 2.5])
    np.testing.assert_array_equal(init.ones_(weight(2)).data, [1, 1])
    np.testing.assert_array_equal(init.zeros_(weight(2)).data, [0, 0])


@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_lets_a_convolution_pass_its_input_through(groups):
    w = init.dirac_(weight(4, 4 // groups, 3, 5), groups).data
    x = np.random.default_rng(0).normal(size=(1, 6, 7, 4))
    y = nl.functional.conv2d(x, w.transpose(2, 3, 1, 0), padding="same", groups=groups)
    np.testing.assert_allclose(y, x)


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 1.0])
def test_sparse_columns(sparsity):
    w = init.sparse_(weight(10, 400), sparsity, std=2.0, generator=np.random.default_rng(0)).data
    np.testing.assert_array_equal((w == 0).sum(axis=0), math.ceil(sparsity * 10))
    if sparsity < 1:
        assert stats.kstest(w[w != 0], stats.norm(0, 2).cdf).pvalue > 1e-3
        assert len({tuple(column) for column in (w == 0).T}) > (5 if sparsity else 0)  # each column has its own


@pytest.mark.parametrize("fill", EVERY)
def test_fills_in_place_and_a_graph_that_used_the_old_values_refuses_to_run_backward(fill):
    w = nl.Parameter(np.zeros((4, 3), np.float32))
    data, y = w.data, (w * w).sum()
    assert fill(w) is w
    assert w.data is data
    assert w.dtype == np.float32
    assert np.isfinite(w.data).all()
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize("fill", RANDOM)
def test_draws_from_the_generator_given_or_from_the_library_s(fill):
    def drawn(**settings):
        return fill(weight(4, 3), **settings).data

    one, same = (drawn(generator=np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, drawn(generator=np.random.default_rng(8)))
    nl.random.seed(7)
    first = drawn()
    assert not np.array_equal(first, drawn())
    nl.random.seed(7)
    np.testing.assert_array_equal(first, drawn())


@pytest.mark.parametrize("fill", [init.orthogonal_, init.kaiming_normal_, init.kaiming_uniform_])
def test_nothing_is_done_to_an_empty_weight(fill):
    assert fill(weight(0, 3)).shape == (0, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: init.xavier_normal_(weight(3)),
            r"xavier_normal_ expected a Tensor of 2 axes or more, got shape \(3,\)",
        ),
        (lambda: init.kaiming_normal_(weight(3, 3), mode="fan"), "kaiming_normal_ expected mode .*, got 'fan'"),
        (lambda: init.kaiming_uniform_(weight(3, 3), nonlinearity="gelu"), "got 'gelu'"),
        (lambda: init.orthogonal_(weight(3)), "orthogonal_ expected a Tensor of 2 axes or more"),
        (lambda: init.eye_(weight(3, 3, 3)), "eye_ expected a Tensor of 2 axes, got shape"),
        (lambda: init.sparse_(weight(3), 0.5), "sparse_ expected a Tensor of 2 axes"),
        (lambda: init.sparse_(weight(3, 3), 1.5), r"sparse_ expected sparsity in \[0, 1\], got 1.5"),
        (lambda: init.dirac_(weight(3, 3)), "dirac_ expected a Tensor of 3 or 4 or 5 axes"),
        (lambda: init.dirac_(weight(3, 3, 3), 2), r"axis 0 \(=3\) to be divisible by groups \(=2\)"),
        (lambda: init.trunc_normal_(weight(3), a=1.0, b=1.0), r"a \(=1.0\) to be less than b \(=1.0\)"),
        (lambda: init.calculate_gain("gelu"), "calculate_gain knows leaky_relu, linear, .*; got 'gelu'"),
    ],
)
def test_what_cannot_be_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_only_tensors_are_filled():
    with pytest.raises(TypeError, match="fills Tensors and Parameters, got a ndarray"):
        init.zeros_(np.ones(3))
