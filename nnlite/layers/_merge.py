"""Layers that make one tensor of several, and Lambda, which makes a layer of a function."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._mask import mask_of, remember_mask
from nnlite.layers._module import Module, Shape

__all__ = ["Add", "Average", "Concatenate", "Dot", "Lambda", "Maximum", "Multiply", "Subtract"]

_NORM_FLOOR = 1e-12  # below it a squared norm counts as this


class _Merge(Module):
    """The base of layers that are called on a list of inputs, all for the same batch."""

    least = 1  # how many inputs it takes, at least
    most: float = math.inf

    def forward(self, inputs: Any) -> Tensor:
        """Return the inputs merged."""
        tensors = list(inputs) if isinstance(inputs, (list, tuple)) else []
        if not self.least <= len(tensors) <= self.most or not all(isinstance(x, Tensor) and x.ndim for x in tensors):
            wanted = f"{self.least}" if self.least == self.most else f"{self.least} or more"
            got = f"{len(inputs)}" if tensors else f"a {type(inputs).__name__}"
            raise ValueError(f"{self.label} expected a list of {wanted} inputs with a batch axis, got {got}")
        if len({x.shape[0] for x in tensors}) > 1:
            raise ValueError(f"{self.label} expected inputs for one batch, got shapes {_shapes(tensors)}")
        return self.merge(tensors)

    @abstractmethod
    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return one tensor of several."""


class _Elementwise(_Merge):
    """The base of merge layers that work element by element, on inputs whose shapes broadcast.

    Where all inputs have masks, the steps that count in any of them count in the output.
    """

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the steps that count in any input."""
        return None if any(m is None for m in mask) else reduce(np.logical_or, mask)

    @abstractmethod
    def of_two(self, a: Tensor, b: Tensor) -> Tensor:
        """Return two inputs merged."""

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Merge one after the other; what has fewer axes gets axes of one behind the batch axis, as in Keras."""
        ndim = max(x.ndim for x in inputs)
        shapes = [(x.shape[0], *(1,) * (ndim - x.ndim), *x.shape[1:]) for x in inputs]
        if any(len(set(lengths) - {1}) > 1 for lengths in zip(*shapes, strict=True)):
            raise ValueError(f"{self.label} expected inputs of one shape, got shapes {_shapes(inputs)}")
        lined_up = [as_floating(x.reshape(shape)) for x, shape in zip(inputs, shapes, strict=True)]
        merged: Tensor = reduce(self.of_two, lined_up)
        return merged


class Add(_Elementwise):
    """The sum of the inputs.

    Called on a list of inputs. Lengths of one broadcast along each axis but that of the batch.

    Raises
    ------
    ValueError
        When called, if the shapes do not fit each other.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Add()([np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 1))]).numpy()[0]
    array([3., 3., 3.])
    """

    def of_two(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a + b."""
        return a + b


class Subtract(_Elementwise):
    """The first input minus the second.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.Subtract()([nl.tensor([[3.0]]), nl.tensor([[1.0]])])
    tensor([[2.]])
    """

    least = most = 2

    def of_two(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a - b."""
        return a - b


class Multiply(_Elementwise):
    """The product of the inputs, element by element; steps that a mask leaves out count as 1.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.Multiply()([nl.tensor([[3.0, 2.0]]), nl.tensor([[2.0, 0.5]])])
    tensor([[6., 1.]])
    """

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the product of what counts."""
        return super().merge([_where_it_counts(x, 1.0) for x in inputs])

    def of_two(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a * b."""
        return a * b


class Average(_Elementwise):
    """The mean of the inputs.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.Average()([nl.tensor([[3.0]]), nl.tensor([[1.0]])])
    tensor([[2.]])
    """

    def of_two(self, a: Tensor, b: Tensor) -> Tensor:
        """Return a + b."""
        return a + b

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the sum divided by the number of inputs."""
        return super().merge(inputs) / len(inputs)


class Maximum(_Elementwise):
    """The largest of the inputs, element by element; steps that a mask leaves out are taken from the others.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.Maximum()([nl.tensor([[3.0, 1.0]]), nl.tensor([[2.0, 4.0]])])
    tensor([[3., 4.]])
    """

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the largest of what counts."""
        if not any(mask_of(x) is not None for x in inputs):
            return super().merge(inputs)
        first, *others = inputs
        for x in others:
            a, b = _where_it_counts(first, x), _where_it_counts(x, first)
            first = super().merge([a, b])
            remember_mask(first, self.compute_mask(None, [mask_of(a), mask_of(b)]))
        return first

    def of_two(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the larger of a and b."""
        larger: Tensor = F.maximum(a, b)
        return larger


class Concatenate(_Merge):
    """The inputs joined along an axis.

    Parameters
    ----------
    axis : int, default -1
        Along which the inputs may differ in length; the batch is axis 0.

    Raises
    ------
    ValueError
        When called, if the inputs differ along another axis.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Concatenate()([np.ones((2, 3)), np.ones((2, 4))]).shape
    (2, 7)
    """

    def __init__(self, axis: int = -1, input_shape: Shape | None = None, name: str | None = None) -> None:
        super().__init__(input_shape, name)
        self.axis = axis

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the inputs joined."""
        ndim = inputs[0].ndim
        axis = self.axis % ndim if -ndim <= self.axis < ndim else 0
        others = {(x.ndim, *(n for i, n in enumerate(x.shape) if i != axis)) for x in inputs}
        if not axis or len(others) > 1:
            raise ValueError(
                f"{self.label} expected inputs that differ only along axis {self.axis}, got shapes {_shapes(inputs)}"
            )
        joined: Tensor = F.concatenate(list(inputs), axis=axis)
        return joined

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the masks joined along the steps, or, where features are joined, the steps that count in any input."""
        wide = [
            np.broadcast_to(True if m is None else m.reshape(m.shape + (1,) * (x.ndim - m.ndim)), x.shape)
            for x, m in zip(inputs, mask, strict=True)
        ]
        return np.concatenate(wide, axis=self.axis).any(axis=-1)


class Dot(_Merge):
    """The products of two inputs summed along an axis of each, for each sample.

    Of inputs of shapes (batch, *rest) and (batch, *others), the output has the axes of rest and of others that are
    not summed over, or one axis of one if there are none.

    Parameters
    ----------
    axes : int or tuple of two ints
        The axis of both inputs, or of each.
    normalize : bool, default False
        Divide the inputs by their norms along the axes first: the cosine of the angle between them.

    Raises
    ------
    ValueError
        If `axes` is neither, or contains the batch; when called, if the two axes differ in length.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Dot(axes=(1, 2))([np.ones((2, 3, 5)), np.ones((2, 10, 3))]).shape
    (2, 5, 10)
    >>> nl.layers.Dot(axes=1, normalize=True)([np.ones((1, 4)), -np.ones((1, 4))]).numpy().round(3)
    array([[-1.]])
    """

    least = most = 2

    def __init__(
        self,
        axes: int | tuple[int, int],
        normalize: bool = False,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        pair = tuple(axes) if isinstance(axes, (tuple, list)) else (axes, axes)
        if len(pair) != 2 or not all(isinstance(a, (int, np.integer)) and a != 0 for a in pair):
            raise ValueError(f"Dot expected an axis, or a pair of them, behind the batch axis, got axes={axes!r}")
        self.axes, self.normalize = axes, normalize
        self._pair = pair

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the products summed."""
        for x, axis in zip(inputs, self._pair, strict=True):
            if not 1 <= axis % x.ndim <= x.ndim - 1 or not -x.ndim <= axis < x.ndim:
                raise ValueError(f"{self.label} expected inputs with axis {axis}, got shapes {_shapes(inputs)}")
        a, b = (F.moveaxis(as_floating(x), axis, -1) for x, axis in zip(inputs, self._pair, strict=True))
        if a.shape[-1] != b.shape[-1]:
            raise ValueError(f"{self.label} expected axes of one length to sum along, got shapes {_shapes(inputs)}")
        if self.normalize:
            a, b = (x * F.rsqrt(F.maximum((x * x).sum(axis=-1, keepdims=True), _NORM_FLOOR)) for x in (a, b))
        batch, length = a.shape[0], a.shape[-1]
        rest, others = a.shape[1:-1], b.shape[1:-1]
        products = a.reshape((batch, math.prod(rest), length)) @ b.reshape((batch, math.prod(others), length)).mT
        y: Tensor = products.reshape((batch, *rest, *others) if rest or others else (batch, 1))
        return y


class Lambda(Module):
    """A function as a layer.

    Parameters
    ----------
    function : callable
        Of the input, a Tensor or a list of them; `forward` of a layer of one's own does the same with a name.
    output_shape : tuple of int or callable, optional
        As in Keras; not needed, since the shape is found by calling the function.
    arguments : mapping, optional
        Further arguments for the function, by name.

    Raises
    ------
    TypeError
        If `function` is not callable.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Lambda(lambda x: x * 2)(np.ones((1, 2)))
    tensor([[2., 2.]], dtype=float64)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        arguments: Mapping[str, Any] | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        if not callable(function):
            raise TypeError(f"Lambda expected a function, got {function!r}")
        self.function, self.output_shape, self.arguments = function, output_shape, arguments

    def forward(self, x: Any) -> Any:
        """Return function(x)."""
        return self.function(x, **(self.arguments or {}))


def _where_it_counts(x: Tensor, other: Any) -> Tensor:
    """Return x at the steps that count by its mask, and `other` at those that do not."""
    mask = mask_of(x)
    if mask is None:
        return x
    chosen: Tensor = F.where(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), x, other)
    remember_mask(chosen, mask)
    return chosen


def _shapes(inputs: Sequence[Tensor]) -> str:
    """List the shapes of the inputs."""
    return ", ".join(str(x.shape) for x in inputs)
