"""Products of large matrices: whole, cut by rows and cut by columns."""

import numpy as np
import pytest

import nnlite
from nnlite.kernels import parallel, product


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> int:
    before = parallel.get_num_threads()
    nnlite.set_num_threads(request.param)
    yield request.param
    nnlite.set_num_threads(before)


@pytest.mark.parametrize("shapes", [(70, 80, 60), (500, 300, 100), (100, 300, 501), (3, 9000, 2000), (1, 5000, 3000)])
def test_it_is_the_product(threads: int, shapes: tuple[int, int, int]) -> None:
    m, k, n = shapes
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(m, k)), generator.normal(size=(k, n))
    np.testing.assert_allclose(product.matmul(a, b), a @ b, rtol=1e-10, atol=1e-9)
    a32, b32 = a.astype(np.float32), b.astype(np.float32)
    assert product.matmul(a32, b32).dtype == np.float32
    np.testing.assert_allclose(product.matmul(a32.T.copy().T, b32[:, ::-1]), a32 @ b32[:, ::-1], rtol=1e-3, atol=1e-2)


def test_repeated_products_have_the_same_bits(threads: int) -> None:
    generator = np.random.default_rng(0)
    a = generator.normal(size=(600, 200)).astype(np.float32)
    b = generator.normal(size=(200, 300)).astype(np.float32)
    assert len({product.matmul(a, b).tobytes() for _ in range(5)}) == 1


@pytest.mark.parametrize("rows", [0, 1, 15, 700, 5000])
@pytest.mark.parametrize(("k", "n"), [(9, 32), (27, 16), (288, 64), (147, 64), (1000, 300), (31, 4097), (1, 1)])
def test_products_by_strips(rows: int, k: int, n: int) -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(rows, k)), generator.normal(size=(k, n))
    out = np.empty((rows, n + 3))[:, 2 : 2 + n]
    for laid_out in (a, np.asfortranarray(a)):
        product.matmul_by_strips(laid_out, b, out)
        np.testing.assert_allclose(out, a @ b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rows", [0, 1, 511, 513, 5000])
@pytest.mark.parametrize(("k", "n"), [(2, 3), (9, 32), (27, 16), (288, 64), (147, 64), (500, 300), (31, 4097)])
def test_sums_by_strips(rows: int, k: int, n: int) -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(rows, k)), generator.normal(size=(rows, n + 3))[:, 2 : 2 + n]
    out = np.empty((k, n))
    for laid_out in (a, np.asfortranarray(a)):
        product.sum_by_strips(laid_out, b, out)
        np.testing.assert_allclose(out, a.T @ b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("count", "multiplications"), [(1, 10**9), (5, 10**9), (784, 12_845_056), (64, 2**20), (0, 0)])
def test_shares_cover_everything_once_and_the_caller_has_the_largest(
    threads: int, count: int, multiplications: int
) -> None:
    shares = product._shares(count, multiplications)
    assert [i for share in shares for i in range(share.start, share.stop)] == list(range(count))
    assert len(shares) <= threads
    lengths = [share.stop - share.start for share in shares]
    assert not lengths or lengths[0] == max(lengths)
    if len(shares) > 1 and count == 784:  # with two threads the helper's part is smaller by what waking it takes
        assert (lengths[0] - lengths[-1]) * multiplications / count == pytest.approx(product._WAKING, rel=0.1)


def test_large_matmul_is_differentiable_in_every_spelling() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(130, 60)), generator.normal(size=(60, 50))  # 390,000 multiplications
    assert a.size * 50 > product.LARGE
    x, y = (nnlite.tensor(v, requires_grad=True) for v in (a, b))
    cotangent = generator.normal(size=(130, 50))
    (x @ y).backward(cotangent)
    np.testing.assert_allclose(x.grad, cotangent @ b.T, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(y.grad, a.T @ cotangent, rtol=1e-10, atol=1e-10)
    value = (x @ y).sum()
    (slope,) = nnlite.grad((value * value), x, create_graph=True)
    (second,) = nnlite.grad((slope * slope).sum(), y)
    h = 1e-6
    moved = []
    for step in (h, -h):
        shifted = b.copy()
        shifted[3, 4] += step
        slopes = 2 * (a @ shifted).sum() * np.ones((130, 50)) @ shifted.T
        moved.append((slopes**2).sum())
    np.testing.assert_allclose(second.numpy()[3, 4], (moved[0] - moved[1]) / (2 * h), rtol=1e-5)


@pytest.mark.parametrize("shape", [(700, 40, 300), (30, 400, 1000), (2, 3, 4)])
def test_a_bias_is_added_to_every_row(threads: int, shape: tuple[int, int, int]) -> None:
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, b, bias = rng.normal(size=(m, k)), rng.normal(size=(k, n)), rng.normal(size=n)
    np.testing.assert_allclose(product.matmul(a, b, bias), a @ b + bias, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(700, 40, 300), (30, 400, 1000), (2, 3, 4), (0, 3, 4)])
def test_several_products_of_one_matrix(threads: int, shape: tuple[int, int, int]) -> None:
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, factors = rng.normal(size=(m, k)), [rng.normal(size=(k, n)), rng.normal(size=(k, n + 1))]
    biases = [None, rng.normal(size=n + 1)]
    plain, biased = product.matmul_each(a, factors, biases)
    np.testing.assert_allclose(plain, a @ factors[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(biased, a @ factors[1] + biases[1], rtol=1e-12, atol=1e-12)
    assert product.matmul_each(a, [], []) == []


@pytest.mark.parametrize("shape", [(700, 40, 300), (30, 400, 1000), (2, 3, 4), (0, 3, 4)])
def test_a_sum_of_products(threads: int, shape: tuple[int, int, int]) -> None:
    m, k, n = shape
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(m, length)), rng.normal(size=(length, n))) for length in (k, k + 1, 1)]
    np.testing.assert_allclose(product.sum_of_products(pairs), sum(a @ b for a, b in pairs), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(product.sum_of_products(pairs[:1]), pairs[0][0] @ pairs[0][1], rtol=1e-11, atol=1e-11)
