"""Small parameters that are updated as one array: for a few numbers, NumPy's calls cost more than the sums."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Parameter

__all__ = ["SMALL", "Joined"]

SMALL = 2**12  # elements; above, copying to and fro costs more than the calls that it saves


class Joined:
    """Parameters of one dtype, their gradients, and what an update rule keeps for them, each in one flat array.

    Parameters
    ----------
    kept : mapping of Parameter to dict of str to ndarray
        The parameters, and what was kept for each until now.

    Attributes
    ----------
    w, g : ndarray, shape (N,)
        Parameters and gradients, after `gather`.
    slots : dict of str to ndarray, shape (N,)
        What is kept for all of them.
    parts : dict of Parameter to ndarray
        Where each parameter is in `w`.
    """

    def __init__(self, kept: Mapping[Parameter, dict[str, NDArray[Any]]]) -> None:
        self._sizes = [p.size for p in kept]
        self.w = np.empty(sum(self._sizes), next(iter(kept)).dtype)
        self.g = np.empty_like(self.w)
        names = next(iter(kept.values()))
        self.slots = {name: np.concatenate([slots[name] for slots in kept.values()], axis=None) for name in names}
        self.parts = self._cut(self.w, kept)
        self._cut_slots = {name: self._cut(array, kept) for name, array in self.slots.items()}

    def slots_of(self, parameter: Parameter) -> dict[str, NDArray[Any]]:
        """Return the part of one parameter in what is kept: a view, so that it can still be updated by itself."""
        return {name: parts[parameter] for name, parts in self._cut_slots.items()}

    def gather(self) -> bool:
        """Fill `w` and `g`; False if a parameter has no gradient, or now is frozen, constrained or of another dtype."""
        weights, gradients, dtype = [], [], self.w.dtype
        for parameter in self.parts:
            w, g = parameter._data, parameter.grad
            if g is None or not parameter._requires_grad or w.dtype is not dtype or parameter.constraint is not None:
                return False
            weights.append(w)
            gradients.append(g)
        np.concatenate(weights, axis=None, out=self.w)
        np.concatenate(gradients, axis=None, out=self.g)
        return True

    def give_back(self) -> None:
        """Write `w` to the parameters."""
        for parameter, part in self.parts.items():
            parameter._data[...] = part
            parameter._version += 1

    def _cut(self, flat: NDArray[Any], parameters: Mapping[Parameter, Any]) -> dict[Parameter, NDArray[Any]]:
        """Return each parameter's part of a flat array, in its shape."""
        ends = accumulate(self._sizes)
        return {p: flat[end - p.size : end].reshape(p.shape) for p, end in zip(parameters, ends, strict=True)}
