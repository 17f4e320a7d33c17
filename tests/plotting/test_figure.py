"""Where the pictures are drawn, and what is left behind."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

import nnlite as nl
from nnlite import plotting
from nnlite.plotting._figure import columns_for

CURVES = {"loss": [0.9, 0.5], "val_loss": [0.8, 0.6]}


def network() -> nl.models.Sequential:
    """A convolution whose parameters have gradients."""
    model = nl.models.Sequential([nl.layers.Conv2D(4, 3, input_shape=(6, 6, 1)), nl.layers.Flatten()])
    model(np.ones((2, 6, 6, 1))).sum().backward()
    return model


# One call of each function.
CALLS: dict[str, Callable[..., Figure]] = {
    "activation": lambda **ax: plotting.activation("tanh", **ax),
    "attention_maps": lambda **ax: plotting.attention_maps(np.full((2, 3, 3), 1 / 3), **ax),
    "confusion_matrix": lambda **ax: plotting.confusion_matrix([0, 1], [0, 0], **ax),
    "decision_boundary": lambda **ax: plotting.decision_boundary(lambda p: p[:, 0] > 0, np.eye(2), [0, 1], **ax),
    "feature_maps": lambda **ax: plotting.feature_maps(network(), np.ones((6, 6)), **ax),
    "filters": lambda **ax: plotting.filters(network(), **ax),
    "gradient_flow": lambda **ax: plotting.gradient_flow(network(), **ax),
    "image_grid": lambda **ax: plotting.image_grid(np.ones((3, 4, 4)), **ax),
    "latent_space": lambda **ax: plotting.latent_space(np.eye(3, 2), [0, 1, 1], **ax),
    "learning_curves": lambda **ax: plotting.learning_curves(CURVES, **ax),
    "learning_rate_schedule": lambda **ax: plotting.learning_rate_schedule(0.1, 5, **ax),
}


def test_every_function_is_called_here() -> None:
    assert sorted(CALLS) == sorted(plotting.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_a_figure_of_its_own_is_drawn_without_pyplot(name: str) -> None:
    assert matplotlib.get_backend()  # matplotlib looks for one when it is first asked
    before = matplotlib.rcParams.copy()
    figure = CALLS[name]()
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []
    assert matplotlib.rcParams == before
    figure.draw_without_rendering()  # a warning would be an error
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined] # what a notebook shows


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("place", ["subplot", "free axes", "pyplot", "subfigure"])
def test_axes_that_are_given_are_drawn_into(name: str, place: str) -> None:
    figure: Any = plt.figure() if place == "pyplot" else Figure()
    if place == "free axes":
        ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    else:
        holder = figure.subfigures(1, 2)[1] if place == "subfigure" else figure
        ax = holder.subplots(1, 2)[0]
    returned = CALLS[name](ax=ax)
    assert returned is figure
    assert len(figure.axes) >= 1
    figure.draw_without_rendering()
    plt.close("all")


@pytest.mark.parametrize("name", CALLS)
def test_what_are_no_axes_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match=r"expected ax to be matplotlib Axes,.* got 'left'"):
        CALLS[name](ax="left")


def test_panels_take_one_axes_each_or_share_one() -> None:
    curves = {"loss": [1.0, 2.0], "accuracy": [0.5, 0.6]}
    left, right = Figure().subplots(1, 2)
    plotting.learning_curves(curves, ax=[left, right])
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "accuracy")
    figure = Figure()
    plotting.learning_curves(curves, ax=figure.subplots())
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "loss", "accuracy"]
    with pytest.raises(ValueError, match="expected 2 axes, one for each panel, got 3"):
        plotting.learning_curves(curves, ax=Figure().subplots(1, 3))


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (12, 6), (16, 8), (10, 5), (7, 4), (24, 8)])
def test_rows_are_filled_where_that_is_possible(count: int, columns: int) -> None:
    assert columns_for(count) == columns


def test_it_is_there_as_an_attribute_and_names_its_extra_when_matplotlib_is_missing() -> None:
    code = "import nnlite as nl; print(nl.plotting.activation.__name__)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == (
        "activation\n"
    )
    broken = "import sys; sys.modules['matplotlib'] = None; import nnlite as nl; nl.plotting"
    run = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert 'nnlite.plotting needs matplotlib, the extra `plot`: pip install "nnlite[plot]"' in run.stderr
