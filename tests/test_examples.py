"""What the examples promise for every seed, and how they behave where something is missing.

That each runs to its end, and draws its pictures, is the matter of `tests/check_examples.py`.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import nnlite as nl

EXAMPLES = Path(__file__).parent.parent / "examples"


def load_example(name: str) -> ModuleType:
    """Import a script of the examples."""
    pytest.importorskip("matplotlib")
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(10))
def test_the_neuron_has_learned_to_add(seed: int) -> None:
    example = load_example("perceptron_counting")
    nl.random.seed(seed)
    neuron = example.build_neuron()
    losses = example.train(neuron)
    assert len(losses) < 1000  # it stopped by itself
    assert losses[-1] < 0.001
    np.testing.assert_array_equal(neuron.predict(example.QUESTIONS).round().ravel(), [6, 9, 8])


@pytest.mark.parametrize("seed", range(10))
def test_one_neuron_fails_on_xor_and_two_layers_do_not(seed: int) -> None:
    example = load_example("xor")
    nl.random.seed(seed)
    single, network = example.build_single(), example.build_network()
    assert example.train(single, epochs=200, callbacks=[example.KeepBest()]) == 0.75  # the best that a line can do
    assert example.train(network, epochs=200) == 1


def test_mnist_cnn_takes_the_small_digits_where_mnist_is_not_to_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = load_example("mnist_cnn")

    def fail() -> None:
        raise FileNotFoundError("mnist: files are missing")

    monkeypatch.setattr(nl.datasets.mnist, "load_data", fail)
    data = example.load("auto")
    assert data.name == "digits"
    assert data.x_train.shape[1:] == (8, 8, 1)
    assert data.x_train.dtype == np.float32
    assert data.x_train.max() == 1
    printed = capsys.readouterr().out
    assert "mnist: files are missing" in printed
    assert "scikit-learn's handwritten digits" in printed
    with pytest.raises(FileNotFoundError, match="files are missing"):
        example.load("mnist")


@pytest.mark.parametrize("name", ["perceptron_counting", "xor", "mnist_cnn", "breast_cancer", "gallery"])
def test_an_example_without_matplotlib_names_the_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "nnlite.plotting", raising=False)
    monkeypatch.delattr(nl, "plotting", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # makes its import fail
    with pytest.raises(SystemExit, match=r'needs matplotlib.*pip install "nnlite\[plot\]"'):
        load_example(name)


def test_breast_cancer_is_chosen_and_scaled_by_the_training_part_alone() -> None:
    pytest.importorskip("sklearn")
    example = load_example("breast_cancer")
    x_train, x_test = example.standardised(np.array([[0.0], [2.0]]), np.array([[5.0]]))
    np.testing.assert_allclose(x_train, [[-1], [1]])
    np.testing.assert_allclose(x_test, [[4]])
    assert example.Settings() in example.CANDIDATES
    accuracy = example.cross_validated(range(1), 10, example.Settings(dropout=0.0))
    assert 0.9 < accuracy <= 1
