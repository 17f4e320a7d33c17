"""Initializers: distributions, fans, seeds, configuration, and finding them by name."""

import math

import numpy as np
import pytest
from scipy import stats

import nnlite as nl
from nnlite import initializers
from nnlite.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from tests.conformance import INITIALIZERS

RANDOM = [
    RandomUniform, RandomNormal, TruncatedNormal, VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, HeNormal,
    LecunUniform, LecunNormal, Orthogonal,
]  # fmt: skip
EVERY = [Zeros, Ones, Constant, Identity, *RANDOM]


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("dtype", [None, "float32", np.float64])
def test_shape_dtype_and_memory(cls, dtype):
    values = cls()((3, 4), dtype)
    assert values.shape == (3, 4)
    assert values.dtype == (dtype or np.float32)
    assert values.flags.writeable
    assert values.flags.owndata or values.base.flags.writeable


def test_the_default_dtype_is_the_library_s():
    nl.set_default_dtype("float64")
    try:
        assert {cls()((2, 2)).dtype for cls in EVERY} == {np.dtype("float64")}
    finally:
        nl.set_default_dtype("float32")


@pytest.mark.parametrize("cls", [cls for cls in EVERY if cls not in (Identity, Orthogonal)])
def test_any_number_of_axes_and_empty_ones(cls):
    assert [cls()(shape).shape for shape in (5, (), (0, 3), (2, 3, 4, 5, 6))] == [(5,), (), (0, 3), (2, 3, 4, 5, 6)]


def test_constants():
    np.testing.assert_array_equal(Zeros()((2,)), [0, 0])
    np.testing.assert_array_equal(Ones()((2,)), [1, 1])
    np.testing.assert_array_equal(Constant(2.5)((2,)), [2.5, 2.5])
    np.testing.assert_array_equal(Constant([1, 2])((2, 2)), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(Identity(3.0)((2, 3)), [[3, 0, 0], [0, 3, 0]])


def test_every_initializer_is_in_the_table():
    assert {type(row.make()) for row in INITIALIZERS} == set(EVERY)


@pytest.mark.parametrize("row", INITIALIZERS, ids=str)
def test_values_follow_their_law(row):
    settings = {} if row.values else {"seed": 5}
    values = row.make(**settings)(row.shape, "float64")
    if row.values:
        np.testing.assert_array_equal(values, row.values(row.shape))
    elif row.law:
        assert stats.kstest(values.ravel(), row.law.cdf).pvalue > 1e-3
        assert row.law.support()[0] <= values.min() <= values.max() <= row.law.support()[1]
    assert repr(row.make()) == row.code


@pytest.mark.parametrize(
    ("shape", "n"),
    [((50, 200), {"fan_in": 50, "fan_out": 200, "fan_avg": 125}), ((100,), dict.fromkeys(("fan_in", "fan_out"), 100))],
)
def test_fans_of_matrices_and_vectors(shape, n):
    for mode, fan in n.items():
        values = VarianceScaling(1.0, mode, "uniform")(shape, "float64")
        assert 0.9 < abs(values).max() / math.sqrt(3 / fan) <= 1


def test_uniform_and_truncated_numbers_keep_their_limits():
    assert RandomUniform(2, 3)((1000,)).min() >= 2
    assert RandomUniform(2, 3)((1000,)).max() <= 3
    values = TruncatedNormal(5.0, 0.5)((10_000,), "float64")
    assert 0.95 < abs(values - 5).max() <= 1
    limit = 2 * math.sqrt(2 / 400) / 0.87962566103423978
    assert 0.95 * limit < abs(HeNormal()((400, 100), "float64")).max() <= limit


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 2, 4), (2, 2, 3, 20)])
def test_orthogonal_rows_or_columns(shape):
    w = Orthogonal(gain=3.0)(shape, "float64").reshape(-1, shape[-1])
    product = w.T @ w if len(w) >= shape[-1] else w @ w.T
    np.testing.assert_allclose(product, 9 * np.eye(min(w.shape)), atol=1e-12)


def test_orthogonal_matrices_prefer_no_sign():
    signs = [np.sign(Orthogonal()((2, 2), "float64")[0, 0]) for _ in range(200)]
    assert 50 < signs.count(1) < 150


# Seeds


@pytest.mark.parametrize("cls", RANDOM)
def test_an_integer_seed_gives_the_same_values_every_time(cls):
    initializer = cls(seed=7)
    first = initializer((4, 3))
    np.testing.assert_array_equal(initializer((4, 3)), first)
    np.testing.assert_array_equal(cls(seed=np.int64(7))((4, 3), "float64").astype("float32"), first)
    assert (cls(seed=8)((4, 3)) != first).any()


@pytest.mark.parametrize("cls", RANDOM)
def test_without_a_seed_the_library_s_generator_decides(cls):
    initializer = cls()
    nl.random.seed(3)
    first, second = initializer((4, 3)), initializer((4, 3))
    nl.random.seed(3)
    np.testing.assert_array_equal(initializer((4, 3)), first)
    assert (first != second).any()


@pytest.mark.parametrize("cls", RANDOM)
def test_a_generator_is_drawn_from(cls):
    before = nl.random.generator().bit_generator.state
    initializer = cls(seed=np.random.default_rng(7))
    first, second = initializer((4, 3)), initializer((4, 3))
    np.testing.assert_array_equal(first, cls(seed=7)((4, 3)))
    assert (first != second).any()
    assert nl.random.generator().bit_generator.state == before


# Configuration


@pytest.mark.parametrize(
    ("initializer", "text"),
    [
        (Zeros(), "Zeros()"),
        (Constant(0.1), "Constant(value=0.1)"),
        (RandomUniform(0, 1, seed=3), "RandomUniform(minval=0, maxval=1, seed=3)"),
        (TruncatedNormal(stddev=0.2), "TruncatedNormal(stddev=0.2)"),
        (
            VarianceScaling(2.0, "fan_out", "uniform"),
            "VarianceScaling(scale=2.0, mode='fan_out', distribution='uniform')",
        ),
        (HeNormal(), "HeNormal()"),
        (GlorotUniform(seed=4), "GlorotUniform(seed=4)"),
        (Orthogonal(2.0), "Orthogonal(gain=2.0)"),
        (Identity(), "Identity()"),
    ],
)
def test_prints_as_the_code_that_built_it_and_returns_from_its_configuration(initializer, text):
    assert repr(initializer) == text
    again = type(initializer).from_config(initializer.get_config())
    assert repr(again) == text
    assert again.get_config() == initializer.get_config()


def test_configurations():
    assert GlorotUniform(seed=4).get_config() == {"seed": 4}
    assert RandomNormal().get_config() == {"mean": 0.0, "stddev": 0.05, "seed": None}
    assert VarianceScaling().get_config() == {
        "scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": None,
    }  # fmt: skip
    assert HeNormal(seed=np.random.default_rng(0)).get_config() == {"seed": None}


# Finding them


@pytest.mark.parametrize("cls", EVERY)
def test_get_by_class_name_instance_and_string(cls):
    instance = cls()
    assert initializers.get(instance) is instance
    assert type(initializers.get(cls)) is cls
    assert type(initializers.get(cls.__name__)) is cls


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("zeros", Zeros),
        ("glorot_uniform", GlorotUniform),
        ("he_normal", HeNormal),
        ("lecun_normal", LecunNormal),
        ("random_normal", RandomNormal),
        ("variance_scaling", VarianceScaling),
        ("orthogonal", Orthogonal),
        ("uniform", RandomUniform),
        ("normal", RandomNormal),
    ],
)
def test_get_by_keras_names(name, cls):
    assert type(initializers.get(name)) is cls


def test_get_takes_any_callable():
    def ramp(shape):
        return np.arange(math.prod(shape)).reshape(shape)

    def asked(shape, dtype=None):
        assert dtype == np.float64
        return np.ones(shape, dtype)

    values = initializers.get(ramp)((2, 3))
    np.testing.assert_array_equal(values, [[0, 1, 2], [3, 4, 5]])
    assert values.dtype == np.float32
    assert repr(initializers.get(ramp)) == "ramp"
    assert initializers.get(asked)((2,), "float64").dtype == np.float64
    np.testing.assert_array_equal(initializers.get(np.ones)((2,)), [1, 1])


def test_get_takes_a_user_s_own_class():
    class Halves(Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 0.5, dtype)

    np.testing.assert_array_equal(initializers.get(Halves)((2,), "float32"), [0.5, 0.5])
    assert repr(Halves()) == "Halves()"


def test_a_callable_that_gives_another_shape_is_named():
    def stubborn(shape):
        return np.zeros(3)

    with pytest.raises(ValueError, match=r"initializer stubborn was asked for shape \(2,\) and returned shape \(3,\)"):
        initializers.get(stubborn)((2,))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("glorot_unform", "unknown initializer 'glorot_unform', did you mean 'glorot_uniform'?"),
        ("HeNormall", "unknown initializer 'HeNormall', did you mean 'he_normal'?"),
        ("xyz", "unknown initializer 'xyz'. Known are constant, glorot_normal, glorot_uniform, he_normal"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(name, message):
    with pytest.raises(ValueError, match="Known are constant, ") as error:
        initializers.get(name)
    assert str(error.value).startswith(message)


def test_get_refuses_what_makes_no_array():
    with pytest.raises(TypeError, match="an initializer is a name, an Initializer or a callable, got 3"):
        initializers.get(3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: RandomNormal(stddev=-1.0), ValueError, "RandomNormal expected stddev >= 0, got -1.0"),
        (lambda: TruncatedNormal(stddev=-1.0), ValueError, "TruncatedNormal expected stddev >= 0, got -1.0"),
        (lambda: RandomUniform(1, 0), ValueError, r"minval \(=1\) not to be greater than maxval \(=0\)"),
        (lambda: VarianceScaling(0), ValueError, "VarianceScaling expected scale > 0, got 0"),
        (lambda: VarianceScaling(mode="fan"), ValueError, "mode to be one of .*'fan_avg'.*, got 'fan'"),
        (lambda: VarianceScaling(distribution="normal"), ValueError, "distribution to be one of .*, got 'normal'"),
        (lambda: HeNormal(seed=-1), ValueError, "seed is not negative, got -1"),
        (lambda: HeNormal(seed=1.5), TypeError, "Generator or None, got 1.5"),
        (lambda: HeNormal(seed=True), TypeError, "got True"),
        (lambda: Identity(2.0)((3,)), ValueError, r"Identity\(gain=2.0\) expected a shape of 2 axes, got \(3,\)"),
        (lambda: Orthogonal()((3,)), ValueError, r"Orthogonal\(\) expected a shape of 2 axes or more, got \(3,\)"),
    ],
)
def test_bad_arguments_are_quoted(make, error, message):
    with pytest.raises(error, match=message):
        make()
