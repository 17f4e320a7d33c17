"""Functions of one number: activations with their derivatives, and learning rates over the steps."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlite.autograd import Tensor, grad
from nnlite.layers import Module
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._mode import running
from nnlite.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from nnlite.plotting._figure import BLUE, CLASS_COLOURS, ORANGE, panel

__all__ = ["activation", "learning_rate_schedule"]

_POINTS = 840  # divisible by what maxout and glu divide by, so that they are told apart by their shapes
_STYLES = ("-", "--", "-.", ":")


def activation(
    function: str | ActivationFunction, *, limits: tuple[float, float] = (-5.0, 5.0), ax: Any = None
) -> Figure:
    """Draw an activation function, and its derivative as the engine computes it.

    Parameters
    ----------
    function : str or callable
        A name that layers take, as "relu"; or a function of Tensors, a layer among them.
    limits : (float, float), default (-5.0, 5.0)
        Where to begin and to end.
    ax : Axes, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a name is unknown, or the function is not one of each number by itself, as softmax.

    Examples
    --------
    >>> from nnlite.plotting import activation
    >>> function, derivative = activation("relu", limits=(-1, 3)).axes[0].lines[:2]
    >>> function.get_ydata()[[0, -1]].tolist(), derivative.get_ydata()[[0, -1]].tolist()
    ([0.0, 3.0], [0.0, 1.0])
    """
    name = function if isinstance(function, str) else _name_of(function)
    apply = get_activation(function)
    x = Tensor(np.linspace(*limits, _POINTS)[None], requires_grad=True)  # (1, points)
    with running(training=False):
        y = apply(x)
        alone = y.shape == x.shape and np.allclose(y.data[:, :1], apply(Tensor(x.data[:, :1])).data, equal_nan=True)
    if not alone:
        raise ValueError(f"activation expected a function of each number by itself, and {name!r} mixes its inputs")
    (derivative,) = grad(y.sum(), x, allow_unused=True) if y.requires_grad else (None,)
    slopes = np.zeros(_POINTS) if derivative is None else derivative.data[0]
    figure, axes = panel(ax, (5.0, 3.8))
    axes.plot(x.data[0], y.data[0], "-", color=BLUE, linewidth=2, label=name)
    axes.plot(x.data[0], slopes, "--", color=ORANGE, linewidth=2, label="derivative")
    axes.axhline(0, color="grey", linewidth=0.8, zorder=0)
    axes.axvline(0, color="grey", linewidth=0.8, zorder=0)
    axes.set(xlabel="x", ylabel="value", title=name)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def learning_rate_schedule(
    schedule: float | Callable[[int], float] | LRScheduler, steps: int, *, label: str | None = None, ax: Any = None
) -> Figure:
    """Draw the learning rate over the steps; several schedules can share one axes.

    Parameters
    ----------
    schedule : callable, LRScheduler or float
        One of `nnlite.optimizers.schedules`, any function from the number of steps taken to a rate, or a scheduler of
        `nnlite.optim.lr_scheduler`, of which a copy is stepped.
    steps : int
        How many steps to draw.
    label : str, optional
        The name in the legend; by default that of the class or the function.
    ax : Axes, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If `schedule` is nothing of the kind, or waits for a metric (`ReduceLROnPlateau`).
    ValueError
        If `steps` is below 1.

    Examples
    --------
    >>> import nnlite as nl
    >>> from nnlite.plotting import learning_rate_schedule
    >>> decay = nl.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> figure = learning_rate_schedule(decay, steps=21)
    >>> figure.axes[0].lines[0].get_ydata()[[0, 10, 20]].tolist()
    [0.1, 0.05, 0.025]
    """
    if not steps >= 1:
        raise ValueError(f"learning_rate_schedule expected steps of 1 or more, got {steps=}")
    rates = np.array(_rates(schedule, steps), float)  # (steps, groups)
    name = label or _name_of(schedule)
    figure, axes = panel(ax, (5.5, 3.6))
    for group in range(rates.shape[1]):
        number = len(axes.lines)
        axes.plot(
            np.arange(steps),
            rates[:, group],
            _STYLES[number % len(_STYLES)],
            color=CLASS_COLOURS[number % len(CLASS_COLOURS)],
            label=name if rates.shape[1] == 1 else f"{name}, group {group}",
        )
    axes.set(xlabel="step", ylabel="learning rate")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _rates(schedule: Any, steps: int) -> list[list[float]]:
    """Return the rates of every step, one for each group of parameters."""
    if isinstance(schedule, ReduceLROnPlateau):
        raise TypeError("learning_rate_schedule cannot tell the rates of ReduceLROnPlateau: they depend on a metric")
    if isinstance(schedule, LRScheduler):
        twin, rates = copy.deepcopy(schedule), []
        for _ in range(steps):
            rates.append(list(twin.get_last_lr()))
            twin.step()
        return rates
    if callable(schedule):
        return [[float(schedule(step))] for step in range(steps)]
    if isinstance(schedule, (int, float)):
        return [[float(schedule)]] * steps
    raise TypeError(
        f"learning_rate_schedule expected a schedule, a function step -> rate or a number, got {schedule!r}"
    )


def _name_of(function: Any) -> str:
    """Return what to call a function, a layer or a schedule."""
    if isinstance(function, Module):
        return function.label
    name = getattr(function, "__name__", type(function).__name__)
    return "function" if name == "<lambda>" else str(name)
