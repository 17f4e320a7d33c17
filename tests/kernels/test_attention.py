"""The kernel of attention: what it lays out, and that neither blocks nor threads change what it gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.kernels import attention as kernels
from nnlite.kernels import parallel
from tests.op_samples._sample import normal


def test_merged_heads_need_no_copy():
    heads = normal(2, 5, 3, 4).transpose(0, 2, 1, 3)
    y, _ = kernels.forward(heads, heads, heads, scale=0.5)
    assert y.transpose(0, 2, 1, 3).flags.c_contiguous


@given(st.lists(st.integers(1, 3), max_size=3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**16))
def test_blocks_do_not_change_the_result(batch, rows, columns, seed):
    generator = np.random.default_rng(seed)
    q, k, v = (generator.normal(size=(*batch, n, 2)) for n in (rows, columns, columns))
    mask = generator.normal(size=(rows, columns))
    g = generator.normal(size=q.shape)

    def both():
        output, weights = kernels.forward(q, k, v, mask, scale=0.7)
        return output, weights, *kernels.backward(
            g, None, q, k, v, None, output, weights, scale=0.7, with_mask=True
        )  # fmt: skip

    expected = both()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "CHUNK_BYTES", 8 * rows * columns)
        assert len(kernels._blocks(tuple(batch), 8 * rows * columns)) >= np.prod(batch, dtype=int)
        for got, wanted in zip(both(), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-14)


def test_threads_do_not_change_the_result():
    before = parallel.get_num_threads()
    q, k, v = (normal(8, 4, 40, 16, seed=i).astype("float32") for i in range(3))
    results = []
    try:
        for threads in (1, 2, 2):
            parallel.set_num_threads(threads)
            output, weights = kernels.forward(q, k, v, scale=0.25)
            results.append((output, *kernels.backward(
                v, None, q, k, v, None, output, weights, scale=0.25, with_mask=False
            )[:3]))  # fmt: skip
    finally:
        parallel.set_num_threads(before)
    for once, twice, again in zip(*results, strict=True):
        np.testing.assert_allclose(once, twice, rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(twice, again)


def _banded(rows, columns):
    """Return masks of several kinds that hide the last keys from many queries, and one that does not."""
    t, s = np.arange(rows)[:, None], np.arange(columns)
    none_for_some = np.where((s <= t) & (t >= 70), 0, -np.inf)
    backwards = np.where(s <= rows - t, 0, -np.inf)
    return {
        "causal": np.where(s <= t, normal(rows, columns, seed=7), -np.inf), "no key": none_for_some,
        "all keys hidden at the end": np.where(s < 5, 0, -np.inf) + np.zeros((rows, 1)), "backwards": backwards,
        "first keys hidden": np.where(s >= t, 0, -np.inf),
    }  # fmt: skip


@pytest.mark.parametrize("kind", _banded(1, 1))
@pytest.mark.parametrize(("rows", "columns"), [(128, 128), (200, 150), (130, 300)])
@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("cotangents", [(True, False), (False, True), (True, True)])
def test_strips_that_leave_hidden_keys_out_do_not_change_the_result(kind, rows, columns, dropped, cotangents):
    q, k, v = normal(2, 3, rows, 4), normal(3, columns, 4, seed=1), normal(2, 1, columns, 5, seed=2)
    mask = _banded(rows, columns)[kind]
    kept = np.where(normal(2, 3, rows, columns, seed=3) > 0, 2.0, 0.0) if dropped else None
    g = normal(2, 3, rows, 5, seed=4) if cotangents[0] else None
    g_weights = normal(2, 3, rows, columns, seed=5) if cotangents[1] else None
    assert (len(kernels._strips(mask, rows, columns)) > 1) == (kind != "first keys hidden")

    def both(mask):
        output, weights = kernels.forward(q, k, v, mask, kept, scale=0.7)
        return output, weights, *kernels.backward(
            g, g_weights, q, k, v, kept, output, weights, scale=0.7, with_mask=False, mask=mask
        )[:3]  # fmt: skip

    for got, wanted in zip(both(mask), both(np.stack([mask] * 3)), strict=True):  # a mask for each head: whole rows
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13)


def test_what_a_strip_leaves_out_may_be_anything():
    q, k, v = (normal(130, 4, seed=i) for i in range(3))
    mask = np.where(np.tri(130), 0, -np.inf)
    expected = kernels.forward(q, k, v, mask, scale=1.0)[0][:65]
    k[65:], v[65:] = np.nan, np.inf
    np.testing.assert_array_equal(kernels.forward(q, k, v, mask, scale=1.0)[0][:65], expected)


def test_a_mask_that_wants_a_gradient_gets_all_of_it():
    q, k, v, g = (normal(2, 128, 4, seed=i) for i in range(4))
    mask = np.where(np.tri(128), normal(128, 128, seed=5), -np.inf)
    output, weights = kernels.forward(q, k, v, mask, scale=1.0)
    some = kernels.backward(g, None, q, k, v, None, output, weights, scale=1.0, with_mask=False, mask=mask)
    full = kernels.backward(g, None, q, k, v, None, output, weights, scale=1.0, with_mask=True, mask=mask)
    for got, wanted in zip(some[:3], full[:3], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13)
    by_value = g @ v.mT
    np.testing.assert_allclose(full[3], weights * (by_value - (weights * by_value).sum(-1, keepdims=True)), atol=1e-12)
