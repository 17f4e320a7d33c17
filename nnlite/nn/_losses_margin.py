"""Losses of margins and embeddings."""

from __future__ import annotations

from typing import Any

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.nn._checks import keep_weight, known_reduction

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]


class HingeEmbeddingLoss(Module):
    """The input where the target is 1, and max(margin - input, 0) where it is -1.

    Parameters
    ----------
    margin : float, default 1.0
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.HingeEmbeddingLoss(reduction="none")(nl.tensor([0.5, 0.25]), np.array([1, -1]))
    tensor([0.5 , 0.75])
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("HingeEmbeddingLoss", reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)
        return loss


class CosineEmbeddingLoss(Module):
    """1 - cos for pairs of target 1, max(cos - margin, 0) for pairs of target -1; called with input1, input2, target.

    Parameters
    ----------
    margin : float, default 0.0
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x, y = nl.tensor([[3.0, 4.0]]), nl.tensor([[1.0, 0.0]])
    >>> round(nl.nn.CosineEmbeddingLoss()(x, y, np.array([1])).item(), 4)
    0.4
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("CosineEmbeddingLoss", reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)
        return loss


class MarginRankingLoss(Module):
    """max(margin - target * (input1 - input2), 0); called with input1, input2, target.

    Parameters
    ----------
    margin : float, default 0.0
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.MarginRankingLoss()(nl.tensor([1.0]), nl.tensor([3.0]), nl.tensor([1.0])).item()
    2.0
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("MarginRankingLoss", reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)
        return loss


class TripletMarginLoss(Module):
    """max(d(anchor, positive) - d(anchor, negative) + margin, 0), with d(a, b) = norm(a - b + eps, p).

    Parameters
    ----------
    margin : float, default 1.0
    p : float, default 2.0
        The order of the norm.
    eps : float, default 1e-6
    swap : bool, default False
        Whether d(positive, negative) takes the place of d(anchor, negative) where it is smaller.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x = nl.tensor([[0.0, 0.0]])
    >>> round(nl.nn.TripletMarginLoss()(x, x + 3, x + 1).item(), 4)
    3.8284
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = known_reduction("TripletMarginLoss", reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )
        return loss


class SoftMarginLoss(Module):
    """log(1 + exp(-target * input)), for labels -1 and 1.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> round(nl.nn.SoftMarginLoss()(nl.tensor([0.0]), nl.tensor([1.0])).item(), 4)
    0.6931
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("SoftMarginLoss", reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.soft_margin_loss(input, target, reduction=self.reduction)
        return loss


class MultiMarginLoss(Module):
    """sum(weight[y] * max(margin - input[y] + input[c], 0)**p) / C over the classes c other than the label y.

    Parameters
    ----------
    p : {1, 2}, default 1
    margin : float, default 1.0
    weight : array, shape (C,), optional
        A buffer.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.MultiMarginLoss()(nl.tensor([[0.0, 0.5]]), np.array([0])).item()
    0.75
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__()
        self.weight: Any = None
        keep_weight(self, "weight", weight)
        self.reduction = known_reduction("MultiMarginLoss", reduction)
        self.p, self.margin = p, margin

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)
        return loss
