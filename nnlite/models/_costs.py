"""What a model costs: the shapes of what its modules give, multiply-adds and memory, found by running it on zeros."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite import random
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor, default_dtype
from nnlite.autograd._mode import current_module, observed
from nnlite.layers import Module
from nnlite.layers._input import InputLayer
from nnlite.layers._mode import rehearsal
from nnlite.layers._symbolic import LENGTHS, SymbolicShape, merged_shape
from nnlite.models._graph import Graph, Slot, Step
from nnlite.models._multiply_adds import multiply_adds
from nnlite.training._loop import inference

if TYPE_CHECKING:
    from nnlite.models._model import Model

__all__ = ["Cost", "costs_of"]


@dataclass
class Cost:
    """What a module gives, and what that takes for one sample: None where it depends on how long a sequence is."""

    shapes: list[SymbolicShape] = field(default_factory=list)  # of the outputs of its first call
    multiply_adds: int | None = 0
    memory: int | None = 0  # bytes of the outputs of the innermost layers


@dataclass
class _Run:
    """What one run on zeros showed of a module, or of a function."""

    shapes: list[tuple[int, ...]] = field(default_factory=list)
    multiply_adds: int = 0
    memory: int = 0
    is_holder: bool = False  # a module inside was called: the memory is that of those


def costs_of(model: Model, input_shapes: Sequence[SymbolicShape], graph: Graph | None) -> dict[int, Cost]:
    """Return the costs of a model and of all modules and functions inside, by the id of the module or of the step.

    Parameters
    ----------
    model : Model
    input_shapes : sequence of shapes
        Of one sample of each input. Without them nothing is known.
    graph : Graph, optional
        Of a functional model: its functions have costs too.
    """
    if not input_shapes:
        return {}
    lengths = LENGTHS if any(None in shape for shape in input_shapes) else LENGTHS[:1]
    runs = [_run_on_zeros(model, input_shapes, graph, batch, length) for batch, length in lengths]
    return {key: _cost([run[key] for run in runs], [batch for batch, _ in lengths]) for key in runs[0]}


def _run_on_zeros(
    model: Model, input_shapes: Sequence[SymbolicShape], graph: Graph | None, batch: int, length: int
) -> dict[int, _Run]:
    """Run a model once, and note what every module inside took."""

    def zeros(shape: SymbolicShape, dtype: Any) -> Tensor:
        return Tensor(np.zeros((batch, *(length if n is None else n for n in shape)), dtype))

    with random.kept(), rehearsal(), inference(), np.errstate(all="ignore"), _noted(model) as found:
        if graph is None:
            model(*(zeros(shape, default_dtype()) for shape in input_shapes))
            return found
        model(mapped(lambda slot: zeros(graph.specs[slot][0][1:], graph.specs[slot][1]), graph.inputs))
        for step in graph.steps:
            if step.module is None:  # no module tells of it: it is called once more, by itself
                run = _run_step(step, graph, zeros)
                found[id(step)] = run
                found[id(model)].memory += run.memory
        return found


def _run_step(step: Step, graph: Graph, zeros: Any) -> _Run:
    """Call the function of a step on zeros."""
    run = _Run()

    def given(leaf: Any) -> Any:
        return zeros(graph.specs[leaf][0][1:], graph.specs[leaf][1]) if isinstance(leaf, Slot) else leaf

    def count(*operation: Any) -> None:
        run.multiply_adds += multiply_adds(*operation)

    with observed(count):
        output = step.function(*mapped(given, step.args), **mapped(given, step.settings))
    _add_outputs(run, output)
    return run


@contextmanager
def _noted(model: Module) -> Iterator[dict[int, _Run]]:
    """Note what each module takes while the model runs.

    An operation counts for the module that is running. When a module returns, which its forward hook tells, what it
    took counts for the one that called it as well.
    """
    found: dict[int, _Run] = defaultdict(_Run)
    pending: dict[int, _Run] = defaultdict(_Run)  # of modules that have not returned yet

    def count(*operation: Any) -> None:
        pending[id(current_module.get())].multiply_adds += multiply_adds(*operation)

    def note(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        taken = pending.pop(id(module), _Run())
        _add_outputs(taken, output)
        for run in (found[id(module)], pending[id(current_module.get())]):
            run.multiply_adds += taken.multiply_adds
            run.memory += taken.memory
        pending[id(current_module.get())].is_holder = True
        found[id(module)].shapes = found[id(module)].shapes or taken.shapes

    hooks = [m.register_forward_hook(note) for m in model.modules() if not isinstance(m, InputLayer)]
    try:
        with observed(count):
            yield found
    finally:
        for hook in hooks:
            hook.remove()


def _add_outputs(run: _Run, output: Any) -> None:
    """Note the shapes of what was returned, and its memory if that was not noted inside."""
    arrays = [leaf.data if isinstance(leaf, Tensor) else leaf for leaf in leaves(output)]
    arrays = [array for array in arrays if isinstance(array, np.ndarray)]
    run.shapes = [array.shape for array in arrays]
    if not run.is_holder:
        run.memory += sum(array.nbytes for array in arrays)


def _cost(runs: Sequence[_Run], batches: Sequence[int]) -> Cost:
    """Return what one sample takes, from runs with batches of these lengths."""

    def of_one(totals: Sequence[int]) -> int | None:
        each = {total // batch for total, batch in zip(totals, batches, strict=True)}
        return each.pop() if len(each) == 1 else None

    pairs = zip(runs[0].shapes, runs[-1].shapes, strict=True)
    return Cost(
        [(None, *merged_shape(first, second, "a layer")[1:]) for first, second in pairs],
        of_one([run.multiply_adds for run in runs]),
        of_one([run.memory for run in runs]),
    )
