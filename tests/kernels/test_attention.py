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
