"""The loss of label sequences that are not aligned with the steps that they are read from."""

from __future__ import annotations

from typing import Any

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.nn._checks import known_reduction

__all__ = ["CTCLoss"]


class CTCLoss(Module):
    """Connectionist temporal classification: called with log_probs, targets, input_lengths, target_lengths.

    See `nn.functional.ctc_loss` for their shapes.

    Parameters
    ----------
    blank : int, default 0
        The class that stands for no label.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" divides each loss by the number of its labels, then averages.
    zero_infinity : bool, default False
        Whether a loss without any alignment is 0 instead of infinite.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> log_probs = np.log(np.full((2, 1, 2), 0.5))  # two steps; 3 of the 4 paths give the label 1
    >>> round(nl.nn.CTCLoss()(log_probs, np.array([[1]]), (2,), (1,)).item(), 4)
    0.2877
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__()
        self.reduction = known_reduction("CTCLoss", reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
        return loss
