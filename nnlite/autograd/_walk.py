"""The way back through the graph: `backward`, `grad`, and the replay that makes derivatives of derivatives.

Nodes are taken from a heap, the youngest first, so that a node is reached after everything that used its value. There
is no recursion: a chain of a hundred thousand operations is as good as a short one.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd._mode import Mode, current_mode, switched
from nnlite.autograd._recording import Edge, Node, VJPs, refuse_anomaly
from nnlite.autograd._tensor import Shape, Tensor, method

__all__ = ["backward", "grad", "partial_gradients", "reachable"]

Source = Node | Tensor  # where a gradient goes: a node that computed a value, or a leaf
Place = tuple[Source, int]  # with the number of the output; 0 for a leaf

_SILENT = Mode(grad=False)


def _references_in_a_walk() -> int:
    """Count what refers to an array that a VJP has just made, where `send` has it: it depends on the interpreter."""

    def send(edge: None, gradient: Any) -> int:
        return sys.getrefcount(gradient)

    edges, results = [None], (np.empty(1),)
    for edge, result in zip(edges, results, strict=False):
        return send(edge, result)
    return 0


_SOLE = _references_in_a_walk()


@method
def backward(self: Tensor, gradient: Any = None, retain_graph: bool = False) -> None:
    """Add the gradient of this Tensor with respect to every leaf that requires grad to the leaf's `grad`.

    For gradients that can be differentiated again use `nnlite.grad(..., create_graph=True)`.

    Parameters
    ----------
    gradient : array_like, optional
        The cotangent, of this Tensor's shape: what is differentiated is the sum of their product. May be left out
        for a Tensor of one element (then it is 1).
    retain_graph : bool, default False
        Keep what the backward pass needs, so that it can run again.

    Raises
    ------
    RuntimeError
        If the Tensor does not require grad, if its graph was used and freed, or if a leaf changed in place since.
    ValueError
        If the shapes of Tensor and gradient differ, or a gradient is missing.

    Examples
    --------
    >>> import nnlite as nl
    >>> x = nl.tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    array(6., dtype=float32)
    """
    if not self._requires_grad:
        raise RuntimeError(
            "backward() needs a Tensor that requires grad: nothing it was computed from has requires_grad=True, "
            "or it was computed under no_grad"
        )
    walk = _Walk(retain_graph)
    walk.send(_edge(self), _cotangent(self, gradient))
    walk.run()
    for (leaf, _), total in walk.arrived.items():
        assert isinstance(leaf, Tensor)
        leaf.grad = total if leaf.grad is None else np.add(leaf.grad, total, out=leaf.grad)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the outputs' sum with respect to each input, and leave every `grad` as it was.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensors
        What is differentiated.
    inputs : Tensor or sequence of Tensors
        With respect to what: leaves, or Tensors computed on the way.
    grad_outputs : array_like or sequence, optional
        A cotangent for each output, of its shape; may be left out (or None) for outputs of one element.
    retain_graph : bool, optional
        Keep the graph for another pass; by default as `create_graph` says.
    create_graph : bool, default False
        Record the computation of the gradients, so that they can be differentiated again.
    allow_unused : bool, default False
        Give None for an input that the outputs do not depend on, instead of raising.

    Returns
    -------
    tuple of Tensors
        One gradient for each input.

    Raises
    ------
    RuntimeError
        If an output or an input does not require grad, an input is not used, the graph was freed, or a leaf changed
        in place since the forward pass.
    ValueError
        If the numbers or the shapes of outputs and grad_outputs differ.

    Examples
    --------
    >>> import nnlite as nl
    >>> x = nl.tensor(2.0, requires_grad=True)
    >>> (first,) = nl.grad(x**3, x, create_graph=True)
    >>> (second,) = nl.grad(first, x)
    >>> first.item(), second.item()
    (12.0, 12.0)
    """
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if grad_outputs is None:
        grad_outputs = [None] * len(outputs)
    elif len(outputs) == 1 and not isinstance(grad_outputs, (list, tuple)):
        grad_outputs = [grad_outputs]
    if len(grad_outputs) != len(outputs):
        raise ValueError(f"grad() got {len(outputs)} outputs and {len(grad_outputs)} grad_outputs")
    for kind, tensors in (("output", outputs), ("input", inputs)):
        for i, tensor in enumerate(tensors):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"grad() takes Tensors, {kind} {i} is a {type(tensor).__name__}")
            if not tensor._requires_grad:
                raise RuntimeError(f"{kind} {i} of grad() does not require grad")

    wanted = {_place(t): t for t in inputs}
    walk = _Walk(
        retain_graph=create_graph if retain_graph is None else retain_graph,
        wanted=wanted,
        nodes=reachable(outputs),
        create_graph=create_graph,
    )
    for output, gradient in zip(outputs, grad_outputs, strict=True):
        walk.send(_edge(output), _cotangent(output, gradient, keep_tensor=create_graph))
    walk.run()

    results: list[Tensor | None] = []
    for i, tensor in enumerate(inputs):
        result = walk.arrived.get(_place(tensor))
        if result is None and not allow_unused:
            raise RuntimeError(f"the outputs of grad() do not depend on input {i}; allow_unused=True gives None for it")
        results.append(result if result is None or isinstance(result, Tensor) else Tensor(result))
    return tuple(results)


def partial_gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], cotangents: Sequence[Any], create_graph: bool
) -> list[Any]:
    """Return the gradients with respect to inputs that count as independent, None for one that is not used.

    Nothing passes through one input to another, and hooks on the inputs do not run: the walk that asks for these
    gradients goes on from there. An input that comes twice gets its gradient at the first place.
    """
    wanted = {_place(t): t for t in inputs}
    walk = _Walk(retain_graph=True, wanted=wanted, nodes=reachable(outputs), create_graph=create_graph, partial=True)
    for output, cotangent in zip(outputs, cotangents, strict=True):
        walk.send(_edge(output), _cotangent(output, cotangent, keep_tensor=create_graph))
    walk.run()
    return [walk.arrived.pop(_place(t), None) for t in inputs]


def reachable(outputs: Sequence[Tensor]) -> list[Node]:
    """Return the nodes that the outputs were computed by, the oldest first."""
    stack = [t._node for t in outputs if t._node is not None]
    seen = set(stack)
    while stack:
        for edge in stack.pop().edges:
            if edge is not None and isinstance(edge[0], Node) and edge[0] not in seen:
                seen.add(edge[0])
                stack.append(edge[0])
    return sorted(seen, key=lambda node: node.serial)


class _Walk:
    """One pass from the outputs towards the leaves.

    Without `wanted` it goes everywhere and gathers the gradients of the leaves; with it, it visits only nodes on the
    way to a wanted place, and gathers the gradients of those places.
    """

    def __init__(
        self,
        retain_graph: bool,
        wanted: dict[Place, Tensor] | None = None,
        nodes: Sequence[Node] = (),
        create_graph: bool = False,
        partial: bool = False,
    ) -> None:
        self.arrived: dict[Place, Any] = {}  # summed gradients of leaves or of wanted places, each an array of its own
        self._retain_graph = retain_graph
        self._wanted = wanted
        self._leads_on = None if wanted is None else _on_the_way(nodes, wanted)
        self._graph = create_graph
        self._kind = Tensor if create_graph else np.ndarray  # of the gradients
        self._partial = partial  # the wanted places end the walk
        self._replayed: dict[Node, VJPs] | None = None
        if create_graph and wanted is not None and self._leads_on is not None:
            self._replayed = _replay(_to_replay(nodes, self._leads_on, wanted), wanted)
        self._heap: list[tuple[int, Node]] = []
        self._pending: dict[Node, dict[int, Any]] = {}  # gradients by output number
        self._owned: set[Place] = set()  # the pending sums that belong to the walk and may be added to in place
        self._hooked: set[Place] = set()  # leaves that arrived and have hooks
        self._mode = _walking_mode(create_graph)

    def send(self, edge: Edge, gradient: Any, sender: Node | None = None) -> None:
        """Add a gradient, in its argument's shape and dtype, to what waits where the argument came from.

        A leaf gets a copy, unless nobody but the walk knows the gradient: a VJP may return what it captured.
        """
        source, number, shape, dtype = edge
        if not isinstance(gradient, self._kind):
            gradient = Tensor(gradient) if self._graph else np.asarray(gradient)
        if gradient.shape != shape:
            gradient = _unbroadcast(gradient, shape, sender)
        if gradient.dtype is not dtype:
            gradient = gradient.astype(dtype)
        if self._mode.anomaly and sender is not None:
            refuse_anomaly([gradient], sender.name, sender.module, "gradient")
        if isinstance(source, Node):
            waiting = self._pending.get(source)
            if waiting is None:
                self._pending[source] = {number: gradient}
                heapq.heappush(self._heap, (-source.serial, source))
            elif number not in waiting:
                waiting[number] = gradient
            elif (source, number) in self._owned:
                waiting[number] += gradient
            else:
                waiting[number] = waiting[number] + gradient
                if not self._graph:
                    waiting[number] = np.asarray(waiting[number])  # a sum of 0-d arrays is a scalar
                    self._owned.add((source, number))
        elif self._wanted is None or (source, number) in self._wanted:
            place = (source, number)
            total = self.arrived.get(place)
            if total is not None:
                self.arrived[place] = total + gradient if self._graph else np.add(total, gradient, out=total)
            else:
                own = self._graph or (sender is not None and sys.getrefcount(gradient) <= _SOLE and _is_whole(gradient))
                self.arrived[place] = gradient if own else gradient.copy()
                if source._hooks:
                    self._hooked.add(place)

    def run(self) -> None:
        """Carry every gradient as far as it goes."""
        token = current_mode.set(self._mode)
        try:
            while self._heap:
                node = heapq.heappop(self._heap)[1]
                gradients = self._pending.pop(node)
                if self._owned:
                    self._owned.difference_update([(node, number) for number in gradients])
                if self._wanted is not None or node.taps is not None:
                    gradients = self._observed(node, gradients)
                    if not gradients or (self._leads_on is not None and node not in self._leads_on):
                        continue
                self._visit(node, gradients)
                if not self._retain_graph:
                    node.free()
            for place in () if self._partial else self._hooked:
                leaf = place[0]
                assert isinstance(leaf, Tensor)
                shown = self.arrived[place]
                gradient = self._through_hooks(shown, leaf._hooks or {})
                # A hook may keep what it was shown, and to a leaf's gradient others are added in place.
                self.arrived[place] = gradient.copy() if gradient is shown and not self._graph else gradient
        finally:
            current_mode.reset(token)

    def _visit(self, node: Node, gradients: dict[int, Any]) -> None:
        """Take the gradients that arrived at a node to its arguments."""
        vjps = node.vjps if self._replayed is None else self._replayed[node]
        if node.vjps is None or vjps is None:
            raise RuntimeError(
                f"the graph was walked before and freed, at {node.name}(): call backward(retain_graph=True) or "
                "grad(..., retain_graph=True) the first time, or compute the outputs again"
            )
        _refuse_moved_leaves(node)
        g = tuple(map(gradients.get, range(node.outputs))) if node.outputs else gradients[0]
        edges = node.edges
        needs = tuple([edge is not None and (self._leads_on is None or self._is_needed(edge)) for edge in edges])
        if node.function.shortcut and edges[0] is not None:
            listened = self._is_listened_at(edges[0])
            needs = (needs[0] and listened, needs[1] and not listened, *needs[2:])
        if callable(vjps):
            results = vjps(g, needs)
        else:
            results = [vjp(g) if vjp and needed else None for vjp, needed in zip(vjps, needs, strict=False)]
        for edge, result in zip(edges, results, strict=False):
            if edge is not None and result is not None:
                self.send(edge, result, node)

    def _observed(self, node: Node, gradients: dict[int, Any]) -> dict[int, Any]:
        """Gather what is wanted and run hooks, and return the gradients to go on with."""
        if self._partial:
            self._arrive(node, gradients)
            gradients = {number: g for number, g in gradients.items() if (node, number) not in self.arrived}
        if node.taps is not None:
            self._listen(node, gradients)
        if self._wanted is not None and not self._partial:
            self._arrive(node, gradients)
        return gradients

    def _arrive(self, node: Node, gradients: dict[int, Any]) -> None:
        """Gather the gradients of outputs that are wanted."""
        for number, gradient in gradients.items():
            if self._wanted is not None and (node, number) in self._wanted:
                self.arrived[node, number] = gradient if self._graph else np.array(gradient)

    def _is_needed(self, edge: Edge) -> bool:
        """Say whether a gradient sent along this edge would get to a wanted place."""
        if self._wanted is None or self._leads_on is None:
            return True
        return (edge[0], edge[1]) in self._wanted or edge[0] in self._leads_on

    def _is_listened_at(self, edge: Edge) -> bool:
        """Say whether somebody wants the gradient of exactly the value that this edge comes from."""
        source, number = edge[0], edge[1]
        if isinstance(source, Tensor) or (self._wanted is not None and (source, number) in self._wanted):
            return True  # a leaf always does
        if not isinstance(source, Node) or source.taps is None:
            return False
        tap = source.taps.get(number)
        return tap is not None and (bool(tap.hooks) or (tap.retained is not None and tap.retained() is not None))

    def _listen(self, node: Node, gradients: dict[int, Any]) -> None:
        """Run the hooks on a node's outputs, then keep the gradients that were asked for."""
        for number, tap in (node.taps or {}).items():
            if number in gradients:
                gradients[number] = self._through_hooks(gradients[number], tap.hooks)
                kept = None if tap.retained is None else tap.retained()
                if kept is not None and self._wanted is None:
                    own = np.array(gradients[number])
                    kept.grad = own if kept.grad is None else np.add(kept.grad, own, out=kept.grad)

    def _through_hooks(self, gradient: Any, hooks: dict[int, Any]) -> Any:
        """Show a gradient to hooks, which may each replace it but not change it in place."""
        for hook in list(hooks.values()):
            shown = gradient
            if not self._graph:
                shown = gradient.view()
                shown.flags.writeable = False
            with switched(replaying=False):
                replacement = hook(shown)
            if replacement is not None and replacement is not shown:
                if np.shape(replacement) != gradient.shape:
                    raise ValueError(
                        f"a hook replaced a gradient of shape {gradient.shape} by one of shape {np.shape(replacement)}"
                    )
                gradient = replacement if self._graph else np.array(replacement, gradient.dtype)
        return gradient


def _place(tensor: Tensor) -> Place:
    """Return where the gradient of a Tensor goes."""
    return (tensor if tensor._node is None else tensor._node), tensor._number


def _edge(tensor: Tensor) -> Edge:
    """Return the edge that leads to a Tensor."""
    return *_place(tensor), tensor._data.shape, tensor._data.dtype


def _cotangent(output: Tensor, gradient: Any, keep_tensor: bool = False) -> Any:
    """Check the gradient that a pass starts with; ones for an output of one element."""
    if gradient is None:
        if output._data.size != 1:
            raise ValueError(
                f"a Tensor of shape {output.shape} needs a gradient of that shape to start from; "
                "reduce it to one number first (.sum(), .mean()) or pass the gradient"
            )
        gradient = _one(output._data.dtype).reshape(output._data.shape)
    elif not (keep_tensor and isinstance(gradient, Tensor)):
        gradient = np.asarray(gradient._data if isinstance(gradient, Tensor) else gradient, output._data.dtype)
    if gradient.shape != output.shape:
        raise ValueError(f"expected a gradient of the output's shape {output.shape}, got shape {gradient.shape}")
    return Tensor(gradient) if keep_tensor and not isinstance(gradient, Tensor) else gradient


def _is_whole(array: NDArray[Any]) -> bool:
    """Say whether an array has memory of its own, in the usual order."""
    return array.base is None and array.flags.c_contiguous


@lru_cache
def _one(dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the gradient that most walks start with; nobody changes it."""
    one = np.array(1, dtype)
    one.flags.writeable = False
    return one


def _walking_mode(create_graph: bool) -> Mode:
    """Return the mode that VJPs run in."""
    mode = current_mode.get()
    if not (create_graph or mode.anomaly or mode.recomputing):
        return _SILENT
    return Mode(create_graph, mode.anomaly, create_graph, mode.recomputing)


def _on_the_way(nodes: Sequence[Node], wanted: dict[Place, Tensor]) -> set[Node]:
    """Return the nodes that have a wanted place among their ancestors."""
    found: set[Node] = set()
    for node in nodes:  # the oldest first: parents are decided before their children
        for edge in node.edges:
            if edge is not None and (edge[0] in found or (edge[0], edge[1]) in wanted):
                found.add(node)
                break
    return found


def _to_replay(nodes: Sequence[Node], leads_on: set[Node], wanted: dict[Place, Tensor]) -> list[Node]:
    """Return the nodes on the way, and those that their arguments are computed by: not what lies behind the wanted."""
    needed = set(leads_on)
    for node in reversed(nodes):
        if node in needed:
            needed.update(
                edge[0]
                for edge in node.edges
                if edge is not None and isinstance(edge[0], Node) and (edge[0], edge[1]) not in wanted
            )
    return [node for node in nodes if node in needed]


def _replay(nodes: Sequence[Node], stand_ins: dict[Place, Tensor]) -> dict[Node, VJPs]:
    """Run the bodies of the recorded nodes again, on Tensors, and return the VJPs that this gives.

    A Tensor whose gradient is asked for stands for itself, so that the result can be differentiated with respect to
    it once more.
    """
    values: dict[Place, Any] = dict(stand_ins)
    vjps: dict[Node, VJPs] = {}
    with switched(grad=True, replaying=True):
        for node in nodes:
            if node.arguments is None:
                raise RuntimeError(
                    f"the graph was walked before and freed, at {node.name}(): keep it by retain_graph=True"
                )
            _refuse_moved_leaves(node)
            args = [
                constant if edge is None else edge[0] if isinstance(edge[0], Tensor) else values[edge[0], edge[1]]
                for constant, edge in zip(node.arguments, node.edges, strict=True)
            ]
            try:
                if node.function.twin is None or (node.function.shortcut and not _stands_in(node.edges[0], stand_ins)):
                    value, vjps[node], *_ = node.function.body(*args, **node.settings)
                else:
                    value = node.function.twin(*args, **node.settings)
                    vjps[node] = _vjp_of_composite(value, args)
            except Exception as error:
                error.add_note(f"while {node.name}() ran on Tensors, for derivatives of derivatives")
                raise
            for number, output in enumerate(value if type(value) is tuple else (value,)):
                values.setdefault((node, number), output)
    return vjps


def _stands_in(edge: Edge | None, stand_ins: dict[Place, Tensor]) -> bool:
    """Say whether an argument's gradient is asked for, so that it stands for itself in a replay."""
    return edge is not None and (edge[0], edge[1]) in stand_ins


def _vjp_of_composite(value: Any, args: Sequence[Any]) -> VJPs:
    """Return the joint VJP of a twin, from the graph that running it on Tensors has left."""

    def vjp(g: Any, needs: tuple[bool, ...]) -> list[Any]:
        pairs = zip(value, g, strict=True) if type(value) is tuple else [(value, g)]
        used = [(v, c) for v, c in pairs if c is not None and isinstance(v, Tensor) and v._requires_grad]
        asked = [a for a, needed in zip(args, needs, strict=True) if needed]
        if not used:
            return [None] * len(args)
        found = iter(partial_gradients([v for v, _ in used], asked, [c for _, c in used], create_graph=True))
        return [next(found) if needed else None for needed in needs]

    return vjp


def _refuse_moved_leaves(node: Node) -> None:
    """Raise if a leaf that a node used, be it trained or a constant, has been changed in place since."""
    for leaf, version in node.versions:
        if leaf._version != version:
            raise RuntimeError(
                f"a leaf of shape {leaf.shape} that {node.name}() used was changed in place between the forward and "
                "the backward pass (by an optimizer's step, say): the gradient would be wrong. Run backward first, or "
                "compute the outputs again"
            )


def _unbroadcast(gradient: Any, shape: Shape, sender: Node | None) -> Any:
    """Sum a gradient over the axes along which its argument was broadcast."""
    surplus = gradient.ndim - len(shape)
    stretched = [
        surplus + i for i, n in enumerate(shape) if surplus >= 0 and n == 1 and gradient.shape[surplus + i] != 1
    ]
    summed = [gradient.shape[i] for i in range(surplus, gradient.ndim)] if surplus >= 0 else []
    if surplus < 0 or any(n not in (m, 1) for m, n in zip(summed, shape, strict=True)):
        assert sender is not None  # the gradient that a walk starts with has its output's shape
        raise RuntimeError(
            f"a VJP of {sender.name}() returned a gradient of shape {gradient.shape} for an argument of shape {shape}"
        )
    total = gradient.sum(axis=(*range(surplus), *stretched))
    if not isinstance(total, Tensor):
        total = np.asarray(total)  # a sum of everything is a scalar
    return total if total.shape == shape else total.reshape(shape)
