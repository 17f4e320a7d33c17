"""How a training went, and how its gradients flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nnlite.callbacks import History
from nnlite.layers import Module
from nnlite.plotting._figure import BLUE, ORANGE, AxesLike, panel, panels

__all__ = ["gradient_flow", "learning_curves"]

_MARKED_EPOCHS = 40  # longer curves have no markers


def learning_curves(
    history: History | Mapping[str, Sequence[float]], metrics: str | Sequence[str] | None = None, *, ax: AxesLike = None
) -> Figure:
    """Draw loss and metrics against the epoch, those of the validation beside those of the training.

    Parameters
    ----------
    history : History or dict of str to list of float
        What `fit` returns, or its `history`.
    metrics : str or sequence of str, optional
        The names to draw, without "val_"; by default all, each in a panel of its own, but for a learning rate that
        never changed.
    ax : Axes or sequence of Axes, optional
        To draw into: one for each panel, or one whose room the panels share.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If `history` is neither a History nor a dict.
    ValueError
        If there is no epoch in it, or a name is not.

    Examples
    --------
    >>> from nnlite.plotting import learning_curves
    >>> figure = learning_curves({"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.5]})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    >>> figure.axes[0].lines[0].get_xydata().tolist()
    [[1.0, 0.9], [2.0, 0.5], [3.0, 0.4]]
    """
    logs = history.history if isinstance(history, History) else history
    if not isinstance(logs, Mapping):
        raise TypeError(
            f"learning_curves expected the History that fit returns, or a dict of lists, got a {type(history).__name__}"
        )
    numbers = [epoch + 1 for epoch in history.epoch] if isinstance(history, History) else None
    known = list(dict.fromkeys(name.removeprefix("val_") for name in logs))
    drawn = [name for name in known if name != "learning_rate" or len(set(logs[name])) > 1]
    wanted = drawn if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    for name in wanted:
        if name not in known:
            raise ValueError(f"learning_curves found no {name!r} in the history, which has {', '.join(known)}")
    if not wanted or not any(len(values) for values in logs.values()):
        raise ValueError("learning_curves expected a history of one epoch at least, got an empty one")
    figure, axes = panels(ax, len(wanted), [(5.0, 3.8)])
    for one, name in zip(axes, wanted, strict=True):
        curves = [("training", name, "o-", BLUE), ("validation", f"val_{name}", "s--", ORANGE)]
        epochs = numbers or list(range(1, max(len(logs[key]) for _, key, _, _ in curves if key in logs) + 1))
        for label, key, style, colour in curves:
            if key in logs:
                marked = style if len(logs[key]) <= _MARKED_EPOCHS else style[1:]
                one.plot(_epochs_of(logs[key], epochs), logs[key], marked, color=colour, markersize=4, label=label)
        one.set(xlabel="epoch", ylabel=name.replace("_", " "))
        one.xaxis.set_major_locator(MaxNLocator(integer=True))
        one.grid(alpha=0.3)
        one.legend()
    return figure


def gradient_flow(model: Module, *, ax: Any = None) -> Figure:
    """Draw how large the gradients of a model's parameters are, layer by layer, from its input to its output.

    Where they shrink towards the input from layer to layer they vanish, where they grow they explode. Call `backward`
    on the loss first.

    Parameters
    ----------
    model : Module
        Its parameters have their gradients in `grad`.
    ax : Axes, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure
        For each parameter with a gradient, the mean and the maximum of its absolute values.

    Raises
    ------
    TypeError
        If `model` is not a Module.
    ValueError
        If no parameter has a gradient.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> from nnlite.plotting import gradient_flow
    >>> model = nl.models.Sequential([nl.layers.Dense(4, activation="tanh"), nl.layers.Dense(1, use_bias=False)])
    >>> nl.losses.get("mse")(np.ones((5, 1)), model(np.ones((5, 2)))).backward()
    >>> figure = gradient_flow(model)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['layers.0.kernel', 'layers.0.bias', 'layers.1.kernel']
    """
    if not isinstance(model, Module):
        raise TypeError(f"gradient_flow expected a model or a layer, got a {type(model).__name__}")
    named = [(name, np.abs(p.grad)) for name, p in model.named_parameters() if p.grad is not None and p.size]
    if not named:
        raise ValueError(
            f"gradient_flow found no gradient in {model.label}: run loss = loss_function(y, model(x)) and "
            "loss.backward() first; fit and the optimizers' zero_grad() forget the gradients of each step"
        )
    places = range(len(named))
    means, maxima = (np.array([measure(g) for _, g in named], float) for measure in (np.mean, np.max))
    figure, axes = panel(ax, (7.0, 1.4 + 0.27 * len(named)))
    axes.barh(places, means, color=BLUE, label="mean")
    axes.plot(maxima, places, "D", color=ORANGE, markersize=5, label="maximum")
    if maxima.any():
        axes.set_xscale("log")
    for place, maximum in zip(places, maxima, strict=True):
        if not maximum:  # nowhere on a logarithmic axis
            axes.annotate("all 0", (0, place), xycoords=("axes fraction", "data"), xytext=(4, 0),
                          textcoords="offset points", va="center")  # fmt: skip
    axes.set_yticks(places, [name for name, _ in named])
    axes.set(xlabel="absolute value of the gradient", ylim=(len(named) - 0.4, -0.6))
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _epochs_of(values: Sequence[float], epochs: Sequence[int]) -> Sequence[int]:
    """Return the epochs after which values were taken: all, or every so many of them."""
    every = max(len(epochs) // max(len(values), 1), 1)
    return epochs[every - 1 :: every][: len(values)]
