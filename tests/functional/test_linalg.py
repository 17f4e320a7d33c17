"""Shapes, symmetry, singular matrices and errors of linear algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from nnlite.functional._projection import projections


def test_a_mismatch_in_matmul_names_the_sizes():
    with pytest.raises(ValueError, match=r"\(2,3\) and \(2,4\) not aligned"):
        nl.tensor(np.ones((2, 3))) @ nl.tensor(np.ones((2, 4)))


def test_matmul_sums_the_gradient_of_a_weight_over_the_batch():
    generator = np.random.default_rng(0)
    x, cotangent = generator.normal(size=(2, 3, 4)), generator.normal(size=(2, 3, 5))
    weight = nl.tensor(generator.normal(size=(4, 5)), requires_grad=True)
    (nl.tensor(x) @ weight).backward(cotangent)
    np.testing.assert_allclose(weight.grad, np.einsum("bij,bik->jk", x, cotangent))


def test_arrays_on_the_left_of_a_tensor():
    w = nl.tensor([[1.0], [2.0]], requires_grad=True)
    y = np.array([[3.0, 4.0]], np.float32) @ w
    assert y.item() == 11
    y.backward()
    np.testing.assert_array_equal(w.grad, [[3], [4]])


def test_tensordot_refuses_axes_of_unlike_length():
    with pytest.raises(ValueError, match="shape-mismatch"):
        F.tensordot(nl.tensor(np.ones((2, 3))), nl.tensor(np.ones((2, 3))), axes=1)


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk->ik", [(2, 3)], "1 operands for the 2 terms of 'ij,jk->ik'"),
        ("ijk->i", [(2, 3)], r"shape \(2, 3\) by 'ijk', term 0"),
        ("i->i", [(2, 3)], r"shape \(2, 3\) by 'i', term 0"),
        ("...i->i", [(2, 3)], r"needs '...' also in the output"),
        ("ij->ik", [(2, 3)], "k"),
        ("ij,jk->ik", [(2, 3), (2, 3)], "3|2"),
    ],
)
def test_subscripts_that_do_not_fit_raise(subscripts, shapes, message):
    with pytest.raises(ValueError, match=message):
        F.einsum(subscripts, *(nl.tensor(np.ones(shape)) for shape in shapes))


@st.composite
def products(draw):
    """Draw subscripts of two or three operands, and the lengths of their axes."""
    letters = "abcd"
    terms = draw(st.lists(st.text(letters, max_size=3), min_size=1, max_size=3))
    seen = sorted(set("".join(terms)))
    output = "".join(draw(st.permutations(seen))[: draw(st.integers(0, len(seen)))])
    lengths = {letter: draw(st.integers(1, 3)) for letter in letters}
    return f"{','.join(terms)}->{output}", [tuple(lengths[letter] for letter in term) for term in terms]


@settings(max_examples=60, deadline=None)
@given(drawn=products())
def test_any_einsum(drawn):
    subscripts, shapes = drawn
    operands = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
    np.testing.assert_allclose(F.einsum(subscripts, *operands), np.einsum(subscripts, *operands), atol=1e-12)
    nl.check_grads(lambda *operands: F.einsum(subscripts, *operands), *operands)


def test_einsum_has_its_axes_of_an_ellipsis_first_without_an_arrow():
    x = np.random.default_rng(0).normal(size=(4, 2, 3))
    np.testing.assert_allclose(F.einsum("...ba", x), np.einsum("...ba", x))


def test_solve_reads_only_one_axis_as_a_vector():
    a = np.stack([np.eye(2), 2 * np.eye(2)])
    b = np.array([[2.0, 4.0], [6.0, 8.0]])
    np.testing.assert_array_equal(F.solve(a, b), [b, b / 2])
    np.testing.assert_array_equal(F.solve(a, b[0]), [[2, 4], [1, 2]])


@pytest.mark.parametrize("function", [F.inv, F.det, lambda x: F.slogdet(x)[1], lambda x: F.solve(x, np.ones(2))])
def test_a_singular_matrix_has_no_gradient(function):
    x = nl.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        function(x).sum().backward()


def test_the_sign_of_slogdet_is_a_plain_constant():
    sign, logabsdet = F.slogdet(nl.tensor(np.stack([np.eye(2), -2 * np.eye(2)[::-1]]), requires_grad=True))
    assert isinstance(sign, np.ndarray)
    np.testing.assert_array_equal(sign, [1, -1])
    np.testing.assert_allclose(logabsdet.data, [0, np.log(4)])


def test_cholesky_has_a_symmetric_gradient():
    generator = np.random.default_rng(0)
    half = generator.normal(size=(4, 4))
    x = nl.tensor(half @ half.T + np.eye(4), requires_grad=True)
    lower = F.cholesky(x)
    np.testing.assert_allclose((lower @ lower.T).data, x.data)
    lower.backward(generator.normal(size=(4, 4)))
    np.testing.assert_allclose(x.grad, x.grad.T)


def test_cholesky_decomposes_the_symmetric_part():
    x = np.array([[4.0, 3.0], [1.0, 5.0]])
    np.testing.assert_allclose(F.cholesky(x), np.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]))


def test_cholesky_refuses_an_indefinite_matrix():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        F.cholesky(nl.tensor([[1.0, 2.0], [2.0, 1.0]]))


@pytest.mark.parametrize("reached", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("frozen", range(5))
def test_projections_give_the_gradients_that_are_wanted_of_the_outputs_that_were_used(reached, frozen):
    generator = np.random.default_rng(0)
    arrays = [generator.normal(size=shape) for shape in [(5, 4), (4, 2), (2,), (4, 3), (3,)]]
    x, w, b, v, c = (nl.tensor(a, requires_grad=i != frozen) for i, a in enumerate(arrays))
    weights = [generator.normal(size=(5, 2)), generator.normal(size=(5, 3))]

    def gradients(outputs):
        for tensor in (x, w, b, v, c):
            tensor.grad = None
        sum((outputs[i] * weights[i]).sum() for i in reached).backward()
        return [t.grad for t in (x, w, b, v, c)]

    one = gradients(projections(x, w, b, v, c))
    other = gradients((x @ w + b, x @ v + c))
    for got, expected in zip(one, other, strict=True):
        assert (got is None) == (expected is None)
        if got is not None:
            np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_projections_have_second_derivatives_and_need_no_bias():
    generator = np.random.default_rng(1)
    x, w, v = (nl.tensor(generator.normal(size=shape), requires_grad=True) for shape in [(3, 4), (4, 2), (4, 2)])

    def second(y, z):
        (slope,) = nl.grad((y * z).sum(), x, create_graph=True)
        return nl.grad((slope * slope).sum(), [w, v])

    for got, expected in zip(second(*projections(x, w, None, v, None)), second(x @ w, x @ v), strict=True):
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-10)
