"""The loss of label sequences that are not aligned with the steps that they are read from."""

from __future__ import annotations

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._loss import BuiltIn

__all__ = ["CTC"]


class CTC(BuiltIn):
    """The connectionist temporal classification loss of logits (N, T, C), for labels (N, L) padded with 0, the blank.

    Where the steps are too few for the labels the loss is infinite and its gradient is 0.

    References
    ----------
    A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber, "Connectionist temporal classification: labelling unsegmented
    sequence data with recurrent neural networks", 2006.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> round(nl.losses.CTC()([[1, 0]], np.zeros((1, 2, 2))).item(), 4)  # 3 of the 4 paths give the label 1
    0.2877
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses of the sequences, or their mean."""
        if y_true.ndim != 2 or y_pred.ndim != 3 or len(y_true) != len(y_pred):
            raise ValueError(
                f"{self.name} expected labels (N, L) and predictions (N, T, C), got shapes {y_true.shape} and "
                f"{y_pred.shape}"
            )
        labels = y_true.astype(np.int64)
        lengths = np.count_nonzero(labels, axis=1)
        losses: Tensor = F.ctc(F.log_softmax(y_pred), labels, target_lengths=lengths, reduction="none")
        return losses.mean() if reduction == "mean" else losses
