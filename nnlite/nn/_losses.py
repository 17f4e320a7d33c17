"""Losses of numbers, labels and distributions."""

from __future__ import annotations

from typing import Any

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.nn._checks import keep_weight, known_reduction

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


class MSELoss(Module):
    """The squared error (input - target)**2.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.MSELoss()(nl.tensor([1.0, 2.0]), nl.tensor([1.0, 4.0])).item()
    2.0
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("MSELoss", reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.mse_loss(input, target, reduction=self.reduction)
        return loss


class L1Loss(Module):
    """The absolute error |input - target|.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.L1Loss()(nl.tensor([1.0, 2.0]), nl.tensor([1.0, 4.0])).item()
    1.0
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("L1Loss", reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.l1_loss(input, target, reduction=self.reduction)
        return loss


class SmoothL1Loss(Module):
    """d**2 / (2 * beta) where |d| < beta and |d| - beta / 2 elsewhere; d = input - target.

    Parameters
    ----------
    beta : float, default 1.0
        Where the parabola ends; 0 makes it `L1Loss`.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.SmoothL1Loss(reduction="sum")(nl.tensor([0.0, 3.0]), nl.tensor([1.0, 0.0])).item()
    3.0
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__()
        self.reduction = known_reduction("SmoothL1Loss", reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)
        return loss


class HuberLoss(Module):
    """d**2 / 2 where |d| <= delta and delta * (|d| - delta / 2) elsewhere; d = input - target.

    Parameters
    ----------
    delta : float, default 1.0
        Where the parabola ends, above 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.HuberLoss(reduction="sum", delta=2.0)(nl.tensor([0.0, 3.0]), nl.tensor([1.0, 0.0])).item()
    4.5
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__()
        self.reduction = known_reduction("HuberLoss", reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)
        return loss


class CrossEntropyLoss(Module):
    """The cross-entropy of softmax(input) over the classes, from logits (N, C, ...).

    The target holds integer labels (N, ...), or the probabilities of all classes (N, C, ...).

    Parameters
    ----------
    weight : array, shape (C,), optional
        Multiplies the terms of each class; the mean divides by the weights of the labels. A buffer.
    ignore_index : int, default -100
        A label that takes no part.
    label_smoothing : float, default 0.0
        The share in [0, 1] of the target that is spread evenly over all classes.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> round(nl.nn.CrossEntropyLoss()(nl.tensor([[0.0, 0.0, 0.0, 0.0]]), np.array([2])).item(), 4)
    1.3863
    """

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self.weight: Any = None
        keep_weight(self, "weight", weight)
        self.reduction = known_reduction("CrossEntropyLoss", reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
        return loss


class NLLLoss(Module):
    """-input at the label of each row: the cross-entropy of log-probabilities (N, C, ...).

    Parameters
    ----------
    weight : array, shape (C,), optional
        Multiplies the losses of each class; the mean divides by the weights of the labels. A buffer.
    ignore_index : int, default -100
        A label that takes no part.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.NLLLoss()(nl.tensor([[-0.5, -1.0]]), np.array([1])).item()
    1.0
    """

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__()
        self.weight: Any = None
        keep_weight(self, "weight", weight)
        self.reduction = known_reduction("NLLLoss", reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)
        return loss


class BCELoss(Module):
    """-(target * log(input) + (1 - target) * log(1 - input)), with logarithms held at -100.

    Parameters
    ----------
    weight : array, optional
        Multiplies each element's loss; broadcasts to the input's shape. A buffer.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.BCELoss()(nl.tensor([0.0]), nl.tensor([1.0])).item()
    100.0
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__()
        self.weight: Any = None
        keep_weight(self, "weight", weight)
        self.reduction = known_reduction("BCELoss", reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)
        return loss


class BCEWithLogitsLoss(Module):
    """The binary cross-entropy of sigmoid(input), exact for logits of any size.

    Parameters
    ----------
    weight : array, optional
        Multiplies each element's loss; broadcasts to the input's shape. A buffer.
    pos_weight : array, optional
        Multiplies the positive label's part of the loss; broadcasts to the input's shape. A buffer.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> round(nl.nn.BCEWithLogitsLoss()(nl.tensor([0.0]), nl.tensor([1.0])).item(), 4)
    0.6931
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__()
        self.weight: Any = None
        keep_weight(self, "weight", weight)
        self.pos_weight: Any = None
        keep_weight(self, "pos_weight", pos_weight)
        self.reduction = known_reduction("BCEWithLogitsLoss", reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
        return loss


class KLDivLoss(Module):
    """target * (log(target) - input), for log-probabilities.

    Parameters
    ----------
    log_target : bool, default False
        Whether the target is given as logarithms, too.
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "batchmean" is the divergence: the sum divided by the size of the batch.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> log_p = np.log(np.full((1, 2), 0.5))
    >>> round(nl.nn.KLDivLoss(reduction="batchmean")(log_p, np.array([[1.0, 0.0]])).item(), 4)
    0.6931
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__()
        self.reduction = known_reduction("KLDivLoss", reduction, "batchmean")
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
        return loss


class PoissonNLLLoss(Module):
    """The negative log-likelihood of Poisson counts, up to a term of the counts alone.

    Parameters
    ----------
    log_input : bool, default True
        Whether the input is the logarithm of the rate.
    full : bool, default False
        Whether to add Stirling's approximation of log(target!).
    eps : float, default 1e-8
        Added to rates before their logarithm is taken.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.PoissonNLLLoss()(nl.tensor([0.0]), nl.tensor([2.0])).item()
    1.0
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = known_reduction("PoissonNLLLoss", reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, input: Any, target: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.poisson_nll_loss(
            input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )
        return loss


class GaussianNLLLoss(Module):
    """(log(v) + (input - target)**2 / v) / 2 with v = max(var, eps); called with input, target, var.

    Parameters
    ----------
    full : bool, default False
        Whether to add log(2 * pi) / 2.
    eps : float, default 1e-6
        The least variance.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average the losses, add them up, or leave them as they are.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.GaussianNLLLoss()(nl.tensor([1.0]), nl.tensor([3.0]), nl.tensor([1.0])).item()
    2.0
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = known_reduction("GaussianNLLLoss", reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Tensor:
        """Return the loss."""
        loss: Tensor = F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
        return loss
