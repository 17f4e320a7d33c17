"""Fixtures that the tests of several kernels use."""

from collections.abc import Iterator

import pytest

from nnlite.kernels import parallel


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = parallel.get_num_threads()
    parallel.set_num_threads(request.param)
    yield
    parallel.set_num_threads(before)
