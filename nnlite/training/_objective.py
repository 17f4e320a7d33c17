"""What a model is compiled for: a loss, a weight and metrics for each output, and their running means."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from nnlite import losses, metrics
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor
from nnlite.callbacks import Logs
from nnlite.layers._mask import mask_of

__all__ = ["Judgement", "Objective", "Scores"]

_lock = threading.Lock()


class _Term(NamedTuple):
    """What is minimised and watched of one output."""

    name: str
    loss: losses.Loss | None
    weight: float
    metrics: tuple[Any, ...]  # as given: "accuracy" is chosen by the first batch


class Judgement(NamedTuple):
    """The losses of a batch, and what they were computed from."""

    total: Tensor  # the weighted sum
    parts: tuple[Tensor | None, ...]  # of each output
    targets: list[Any]
    predictions: list[Tensor]
    terms: tuple[_Term, ...]


class Objective:
    """Losses, their weights and metrics, as `Model.compile` takes them.

    Parameters
    ----------
    loss : str, Loss or callable, or list or dict of them
        One for all outputs, or one for each, by position or by the output's name; None for an output that is not
        trained.
    loss_weights : sequence or mapping of float, optional
        What the losses count in the sum that is minimised.
    metrics : str, Metric, Loss or callable, or (nested) list or dict of them
        Of a model with one output, a list of metrics; of one with several, one entry for each.
    names : sequence of str, optional
        Of the outputs, if they are known.

    Raises
    ------
    ValueError
        If a name is unknown, two metrics of an output have one name, a loss does not reduce to one number, or a list
        or dict does not fit the outputs.
    TypeError
        If an argument is nothing of the kind.
    """

    def __init__(self, loss: Any, loss_weights: Any, metrics: Any, names: Sequence[str] | None = None) -> None:
        self._loss = mapped(_one_number, loss)
        self._loss_weights, self._metrics, self._names = loss_weights, metrics, names
        self._known: tuple[tuple[str, ...], tuple[_Term, ...]] | None = None
        if not any(isinstance(one, losses.Loss) for one in leaves(self._loss)):
            self._loss = None
        for identifier in leaves(metrics):
            if identifier is not None:
                _as_metric(identifier)
        if names is not None:
            self._terms_for(names)
        elif not isinstance(metrics, Mapping):
            _check_names(_listed(metrics))

    @property
    def loss(self) -> Any:
        """The loss, or the list or dict of them; None if there is nothing to minimise."""
        return self._loss

    def directions(self) -> dict[str, str | None]:
        """Return whether lower ("min") or higher ("max") is better, of the loss and of each metric by its own name."""
        watched = [_as_metric(identifier) for identifier in leaves(self._metrics) if identifier is not None]
        return {"loss": "min", **{metric.name: metric.direction for metric in watched}}

    def judge(self, y: Any, y_pred: Any, sample_weight: Any) -> Judgement:
        """Return the losses of a batch."""
        names, predictions = self._named(y_pred)
        terms = self._terms_for(names)
        targets = _by_output(y, names, "targets", one_for_all=False)
        weights = _by_output(sample_weight, names, "sample weights", missing=True)
        parts: list[Tensor | None] = []
        total: Any = None
        for term, target, prediction, weight in zip(terms, targets, predictions, weights, strict=True):
            part = None
            if term.loss is not None:
                if target is None:
                    raise ValueError(f"the output {term.name!r} has a loss and no targets")
                part = term.loss(target, prediction, weight)
                weighted = part if term.weight == 1 else part * term.weight
                total = weighted if total is None else total + weighted
            parts.append(part)
        return Judgement(total, tuple(parts), targets, predictions, terms)

    def _named(self, y_pred: Any) -> tuple[tuple[str, ...], list[Tensor]]:
        """Return the outputs and their names."""
        if isinstance(y_pred, Tensor):
            return ("",), [y_pred]
        several = isinstance(y_pred, (list, tuple, dict)) and len(y_pred) > 0
        outputs = list(y_pred.values() if isinstance(y_pred, dict) else y_pred) if several else [y_pred]
        for output in outputs:
            if not isinstance(output, Tensor):
                raise TypeError(f"a loss needs a model that returns a Tensor, got a {type(output).__name__}")
        if isinstance(y_pred, dict):
            return tuple(y_pred), outputs
        names = self._names or [f"output_{i}" for i in range(1, len(outputs) + 1)]
        return tuple(names), outputs

    def _terms_for(self, names: Sequence[str]) -> tuple[_Term, ...]:
        """Return what belongs to each output."""
        key = tuple(names)
        if self._known is None or self._known[0] != key:
            own = _by_output(self._loss, key, "losses")
            weights = _by_output(self._loss_weights, key, "loss_weights", missing=True)
            watched = self._metrics
            if len(key) == 1 and isinstance(watched, (list, tuple)) and not any(map(_is_list, watched)):
                watched = [watched]  # all of them watch the only output
            found = [_listed(entry) for entry in _by_output(watched or None, key, "metrics", missing=True)]
            for entry in found:
                _check_names(entry)
            terms = zip(key, own, (1.0 if w is None else float(w) for w in weights), found, strict=True)
            self._known = key, tuple(_Term(*term) for term in terms)
        return self._known[1]


class Scores:
    """The means of the losses and the metrics over the batches since `reset`."""

    def __init__(self) -> None:
        self._metrics: list[tuple[metrics.Metric, ...]] | None = None  # of each output
        self._names: list[str] = []
        self._in_use = False
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self._sums: dict[str, float] = {}  # of the losses, over all samples
        self.count = 0
        for metric in leaves(self._metrics or []):
            metric.reset_state()

    def add(self, judgement: Judgement, loss: float) -> None:
        """Take in a batch, whose loss (with penalties) is given."""
        several = len(judgement.terms) > 1
        n = len(next(target for target in judgement.targets if target is not None))
        self.add_values({"loss": loss}, n)
        made = self._made(judgement)
        for name, part in zip(self._names, judgement.parts, strict=True):
            if several and part is not None:
                self._add_to(f"{name}loss", part.item(), n)
        for group, y, y_pred in zip(made, judgement.targets, judgement.predictions, strict=True):
            mask = mask_of(y_pred)
            weight = () if mask is None else (mask,)  # a metric of the user's own need not take one
            for metric in group:
                metric.update_state(y, y_pred, *weight)

    def _made(self, judgement: Judgement) -> list[tuple[metrics.Metric, ...]]:
        """Return the metrics, which the first batch chooses."""
        if self._metrics is None:
            self._names = [f"{term.name}_" if len(judgement.terms) > 1 else "" for term in judgement.terms]
            self._metrics = [
                tuple(_as_metric(identifier, y, y_pred, term.loss) for identifier in term.metrics)
                for term, y, y_pred in zip(judgement.terms, judgement.targets, judgement.predictions, strict=True)
            ]
            for metric in leaves(self._metrics):
                metric.reset_state()
        return self._metrics

    def add_values(self, values: Mapping[str, Any], n: int) -> None:
        """Take in means over n samples, by name."""
        self.count += n
        for name, value in values.items():
            self._add_to(name, value.item() if isinstance(value, Tensor) else value, n)

    def _add_to(self, name: str, value: float, n: int) -> None:
        self._sums[name] = self._sums.get(name, 0.0) + float(value) * n

    def logs(self) -> Logs:
        """Return the means by name: "loss", those of the outputs ("out_loss"), the metrics ("out_accuracy")."""
        logs = {name: total / self.count for name, total in self._sums.items()} or {"loss": float("nan")}
        for name, group in zip(self._names, self._metrics or [], strict=True):
            logs.update((f"{name}{metric.name}", _single_result(metric)) for metric in group)
        return logs

    def state_dict(self) -> dict[str, Any]:
        """Return the sums, and the states of the metrics (None if there are none yet)."""
        made = None if self._metrics is None else [metric.state_dict() for metric in leaves(self._metrics)]
        return {"sums": dict(self._sums), "count": self.count, "metrics": made}

    def load_state_dict(self, state: Mapping[str, Any], judge: Callable[[], Judgement]) -> None:
        """Go on with what `state_dict` gave; `judge` gives a batch to choose the metrics by."""
        self.reset()
        self._sums, self.count = dict(state["sums"]), int(state["count"])
        if state["metrics"] is not None:
            made = leaves(self._made(judge()) if self._metrics is None else self._metrics)
            for metric, kept in zip(made, state["metrics"], strict=True):
                metric.load_state_dict(kept)

    @contextmanager
    def borrowed(self) -> Iterator[Scores]:
        """Give these scores, begun anew; a copy of them if they are being filled already."""
        with _lock:
            scores = copy.deepcopy(self) if self._in_use else self
            scores._in_use = True
        scores.reset()
        try:
            yield scores
        finally:
            scores._in_use = False

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_in_use": False}


def _single_result(metric: metrics.Metric) -> float:
    """Return the result of a metric; raise if it has several."""
    result: Any = metric.result()
    if isinstance(result, np.ndarray):
        if result.size == 1:
            return float(result.item())
        raise ValueError(
            f"training watches one number of each metric, and {metric.name} gives {result.size}: choose an average for "
            "its classes, or a single threshold"
        )
    number: float = result
    return number


def _one_number(identifier: Any) -> losses.Loss | None:
    """Make a loss, which must reduce to one number."""
    if identifier is None:
        return None
    loss = losses.get(identifier)
    if loss.reduction == "none":
        raise ValueError(f'training needs one number for a batch, and {loss.name} has reduction="none"')
    return loss


def _as_metric(identifier: Any, y: Any = None, y_pred: Any = None, loss: losses.Loss | None = None) -> metrics.Metric:
    """Make a metric; "accuracy" looks at a batch to choose."""
    return metrics.get(identifier, y, y_pred, loss)


def _is_list(value: Any) -> bool:
    """Tell a list of metrics from a metric."""
    return isinstance(value, (list, tuple))


def _listed(given: Any) -> tuple[Any, ...]:
    """Return one metric or several as a tuple."""
    return tuple(given) if isinstance(given, (list, tuple)) else () if given is None else (given,)


def _check_names(given: tuple[Any, ...]) -> None:
    """Raise if two metrics of an output have one name."""
    names = ["loss", *(_as_metric(one).name for one in given if not _is_list(one) and one is not None)]
    if len(set(names)) < len(names):
        raise ValueError(f"expected metrics with different names, got {', '.join(names[1:])} (besides loss)")


def _by_output(
    given: Any, names: Sequence[str], what: str, missing: bool = False, one_for_all: bool = True
) -> list[Any]:
    """Return what is given for each output: by its name, by position, or, if it is a single thing, for all."""
    if given is None or (len(names) == 1 and isinstance(given, np.ndarray)):
        return [given] * len(names)
    if isinstance(given, Mapping):
        if len(names) == 1 and len(given) == 1 and not names[0]:
            return list(given.values())
        unknown, left_out = [n for n in given if n not in names], [n for n in names if n not in given]
        if unknown or (left_out and not missing):
            raise ValueError(f"expected {what} for the outputs {list(names)}, got them for {list(given)}")
        return [given.get(name) for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(f"expected {what} for {len(names)} outputs {list(names)}, got {len(given)}")
        return list(given)
    if len(names) > 1 and not one_for_all:
        raise ValueError(f"expected {what} for {len(names)} outputs {list(names)}, got a single array")
    return [given] * len(names)
