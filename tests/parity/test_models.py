"""Functional models and merge layers beside Keras': same weights, same outputs and gradients."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import nnlite as nl
from nnlite import layers
from nnlite.models import Model
from tests.parity.harness import check, compare_layer, drawn

MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum")


@drawn(
    st.sampled_from(MERGES),
    st.integers(1, 3),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(2, 3),
    st.data(),
    cases=10,
)
def test_elementwise_merges(name: str, n: int, shape: list[int], count: int, data: st.DataObject) -> None:
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    inputs = []
    for _ in range(2 if name == "Subtract" else count):
        lost = data.draw(st.integers(0, len(shape) - 1))
        own = [1 if data.draw(st.booleans()) else length for length in shape[lost:]]
        inputs.append(generator.normal(size=(n, *own)))
    compare_layer(f"{name}()", [inputs])


@drawn(st.integers(1, 3), st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 3), st.data(), cases=8)
def test_concatenate(n: int, shape: list[int], count: int, data: st.DataObject) -> None:
    axis = data.draw(st.sampled_from([*range(1, len(shape) + 1), *range(-len(shape), 0)]))
    generator = np.random.default_rng(0)
    inputs = []
    for _ in range(count + 1):
        own = [n, *shape]
        own[axis] = data.draw(st.integers(1, 3))
        inputs.append(generator.normal(size=own))
    compare_layer(f"Concatenate(axis={axis})", [inputs])


@drawn(st.integers(1, 3), st.integers(1, 4), st.integers(2, 3), st.integers(2, 3), st.booleans(), st.data(), cases=10)
def test_dot(n: int, length: int, rank_a: int, rank_b: int, normalize: bool, data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, rank_a - 1)), data.draw(st.integers(1, rank_b - 1))
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    inputs = []
    for rank, axis in ((rank_a, axes[0]), (rank_b, axes[1])):
        shape = [n, *(data.draw(st.integers(1, 3)) for _ in range(rank - 1))]
        shape[axis] = length
        inputs.append(generator.normal(size=shape))
    compare_layer(f"Dot({axes}, normalize={normalize})", [inputs])


def graph(library: Any, inputs: Any, choices: list[int], width: int) -> tuple[Any, Any]:
    """Build a random graph of dense layers, sums, products, joins and shared layers in one of the libraries."""
    a, b = (library.Input(shape=(n,)) for n in inputs)
    shared = library.Dense(width, activation="tanh")
    ends = [library.Dense(width)(a), library.Dense(width, activation="sigmoid")(b)]
    for choice in choices:
        x, y = ends[-1], ends[choice % len(ends)]
        kind = choice % 7
        if kind == 0:
            z = x + y
        elif kind == 1:
            z = library.Multiply()([x, y])
        elif kind == 2:
            z = library.Dense(width, activation="tanh")(library.Concatenate()([x, y]))
        elif kind == 3:
            z = shared(x)
        elif kind == 4:
            z = x * 0.5 - y
        elif kind == 5:
            z = library.Average()([x, y, library.Dense(width)(y)])
        else:
            z = -x + y / 2.0
        ends.append(z)
    return [a, b], [library.Dense(2)(ends[-1]), library.Dense(1)(library.Add()([ends[-1], ends[len(ends) // 2]]))]


@drawn(
    st.integers(1, 3),
    st.integers(1, 3),
    st.lists(st.integers(0, 97), min_size=1, max_size=8),
    st.integers(1, 4),
    st.integers(0, 99),
    cases=6,
)
def test_functional_models(n: int, width: int, choices: list[int], features: int, seed: int) -> None:
    import jax
    import keras

    sizes = (features, features + 1)
    ours = Model(*graph(layers, sizes, choices, width)).astype("float64")
    theirs = keras.Model(*graph(keras.layers, sizes, choices, width))
    generator = np.random.default_rng(seed)
    kinds = {"InputLayer"}
    assert [type(layer).__name__ for layer in ours.layers if type(layer).__name__ not in kinds] == [
        type(layer).__name__ for layer in theirs.layers if type(layer).__name__ not in kinds
    ]
    weights = [generator.normal(size=w.shape) for w in theirs.weights]
    ours.set_weights(weights)
    for variable, value in zip(theirs.weights, weights, strict=True):
        variable.assign(value)

    x = [generator.normal(size=(n, size)) for size in sizes]
    leaves = [nl.tensor(array, requires_grad=True) for array in x]
    outputs = ours(leaves)

    def run(trained: Any, *own: Any) -> Any:
        return theirs.stateless_call(trained, [v.value for v in theirs.non_trainable_variables], list(own))[0]

    trained = [v.value for v in theirs.trainable_variables]
    their_outputs, pull = jax.vjp(run, trained, *map(jax.numpy.asarray, x))
    cotangents = [generator.normal(size=y.shape) for y in outputs]
    sum((y * g).sum() for y, g in zip(outputs, cotangents, strict=True)).backward()
    weight_grads, *input_grads = pull([jax.numpy.asarray(g) for g in cotangents])
    for one, other in zip(outputs, their_outputs, strict=True):
        check("models.Model", "keras", one, other, what="output")
    for parameter, grad in zip(ours.parameters(), weight_grads, strict=True):
        check("models.Model", "keras", parameter.grad, grad, what="parameter gradient")
    for leaf, grad in zip(leaves, input_grads, strict=True):
        own = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad  # the outputs may not depend on it
        check("models.Model", "keras", own, grad, what="input gradient")
