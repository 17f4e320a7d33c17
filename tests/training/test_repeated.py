"""Training again gives the same bits: on one thread and on two, whatever has limited BLAS, in a pool, after a fork."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import nnlite as nl
from nnlite.layers import GRU, Conv2D, Dense, Flatten, GlobalAvgPool1D, Input, MaxPool2D, TransformerEncoder
from nnlite.models import Sequential


def cnn() -> tuple[Sequential, tuple[int, ...]]:
    body = [Conv2D(8, 3, activation="relu"), MaxPool2D(), Conv2D(16, 3, padding="same", activation="relu")]
    return Sequential([Input((20, 20, 3)), *body, Flatten(), Dense(300, "relu"), Dense(4)]), (20, 20, 3)


def gru() -> tuple[Sequential, tuple[int, ...]]:
    return Sequential([Input((12, 40)), GRU(64), Dense(4)]), (12, 40)


def attention() -> tuple[Sequential, tuple[int, ...]]:
    encoder = TransformerEncoder(128, 4, activation="gelu")
    return Sequential([Input((32, 64)), encoder, GlobalAvgPool1D(), Dense(4)]), (32, 64)


MODELS = [cnn, gru, attention]


def trained(make: Any) -> str:
    """What training from the same seed gives: a digest of weights, losses and predictions."""
    nl.random.seed(3)
    model, shape = make()
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(48, *shape)).astype(np.float32), generator.integers(0, 4, 48)
    model.compile("adam", nl.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history["loss"]
    digest = hashlib.sha256(np.asarray(losses).tobytes())
    for array in (*model.get_weights(), model.predict(x)):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"], autouse=True)
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = nl.get_num_threads()
    nl.set_num_threads(request.param)
    yield
    nl.set_num_threads(before)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("runs", [3, pytest.param(20, marks=pytest.mark.campaign)])
def test_repeated_runs_end_in_the_same_bits(make: Any, runs: int) -> None:
    assert len({trained(make) for _ in range(runs)}) == 1


@pytest.mark.parametrize("make", MODELS)
def test_a_limit_of_the_users_own_changes_rounding_at_most(make: Any) -> None:
    model, shape = make()
    x = np.random.default_rng(0).normal(size=(16, *shape)).astype(np.float32)
    expected = model.predict(x)
    with threadpool_limits(1, user_api="blas"):
        np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-5)
        first = trained(make)
        assert trained(make) == first


def test_the_users_limit_is_there_again_after_training() -> None:
    from threadpoolctl import threadpool_info

    def limits() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    with threadpool_limits(1, user_api="blas"):
        before = limits()
        trained(cnn)
        assert limits() == before


@pytest.mark.parametrize("make", MODELS)
def test_models_predict_the_same_inside_another_pool(make: Any) -> None:
    model, shape = make()
    x = np.random.default_rng(0).normal(size=(16, *shape)).astype(np.float32)
    expected = model.predict(x)
    with ThreadPoolExecutor(3) as pool:
        for predicted in pool.map(lambda _: model.predict(x), range(6)):
            np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX only")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("make", MODELS)
def test_a_forked_child_trains_to_the_same_bits(make: Any) -> None:
    expected = trained(make)
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # a child that waits for threads it does not have must end
        os._exit(0 if trained(make) == expected else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("variable", ["NNLITE_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"])
def test_the_environment_may_ask_for_one_thread(variable: str) -> None:
    code = "import nnlite; print(nnlite.get_num_threads())"
    environment = {**os.environ, variable: "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
