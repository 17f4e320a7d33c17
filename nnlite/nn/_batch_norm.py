"""Normalisation by statistics that may be kept from batch to batch."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import nnlite.nn.functional as F
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.autograd._mode import is_recomputing
from nnlite.layers import Module
from nnlite.layers._checks import positive_int
from nnlite.nn._checks import check_dtype

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _RunningNorm(Module):
    """Scale, shift and running statistics, one a channel, and the ranks that an input may have."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: NDArray[Any] | None = None
    running_var: NDArray[Any] | None = None
    num_batches_tracked: NDArray[Any]
    ranks: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        self.num_features = positive_int(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum, self.affine, self.track_running_stats = eps, momentum, affine, track_running_stats
        dtype = np.dtype(dtype or default_dtype())
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine else None
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.zeros((), np.int64))

    def _check(self, x: Tensor, channels_at: int) -> None:
        """Require a rank, a number of channels and a dtype of an input."""
        if x.ndim not in self.ranks:
            ranks = " or ".join(map(str, self.ranks))
            raise ValueError(f"{self.label} expected an input of {ranks} axes, got an input of shape {x.shape}")
        if x.shape[channels_at] != self.num_features:
            raise ValueError(f"{self.label} expected {self.num_features} channels, got an input of shape {x.shape}")
        if self.weight is not None:
            check_dtype(self, x, self.weight)


class _BatchNorm(_RunningNorm):
    """Normalise each channel by the batch's mean and variance, and in inference by running averages of them."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype)

    def forward(self, x: Tensor) -> Any:
        """Return x (N, C, ...) normalised, of the same shape."""
        self._check(x, 1)
        share = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats and not is_recomputing():
            self.num_batches_tracked += 1
            if self.momentum is None:
                share = 1 / float(self.num_batches_tracked)
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training or not self.track_running_stats,
            momentum=share,
            eps=self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Normalise each channel by the batch's mean and variance, and in inference by running averages of them.

    Parameters
    ----------
    num_features : int
        The number of channels C.
    eps : float, default 1e-5
        Added to the variance.
    momentum : float or None, default 0.1
        The share of the batch in the running statistics; None makes them the plain averages of all batches.
    affine : bool, default True
        Whether to scale by weight and to shift by bias.
    track_running_stats : bool, default True
        Whether to keep running statistics; without them inference uses the batch's as well.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight, bias : Parameters, shape (C,), or None
        They start as ones and zeros.
    running_mean, running_var : arrays, shape (C,), or None
        Of the batches' means and unbiased variances; they start as zeros and ones.
    num_batches_tracked : array, shape ()

    Raises
    ------
    ValueError
        If an input does not fit, or has only one value for each channel in training.
    TypeError
        If the input has another dtype than the parameters.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015.

    Examples
    --------
    >>> import nnlite as nl
    >>> norm = nl.nn.BatchNorm1d(1)
    >>> norm(nl.tensor([[1.0], [3.0]])).detach().round(2)
    tensor([[-1.],
            [ 1.]])
    >>> norm.running_mean, norm.running_var
    (array([0.2], dtype=float32), array([1.1], dtype=float32))
    """

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images (N, C, H, W); arguments and attributes are those of `BatchNorm1d`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.BatchNorm2d(3)(np.zeros((2, 3, 4, 4), np.float32)).shape
    (2, 3, 4, 4)
    """

    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of volumes (N, C, D, H, W); arguments and attributes are those of `BatchNorm1d`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.BatchNorm3d(3)(np.zeros((2, 3, 4, 4, 4), np.float32)).shape
    (2, 3, 4, 4, 4)
    """

    ranks = (5,)


class _InstanceNorm(_RunningNorm):
    """Normalise each channel of each sample by its own mean and variance."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, dtype)

    def forward(self, x: Tensor) -> Any:
        """Return x (N, C, ...), or one sample (C, ...), normalised, of the same shape."""
        is_batch = x.ndim == self.ranks[-1]
        self._check(x, 1 if is_batch else 0)
        y = F.instance_norm(
            x if is_batch else x.reshape(1, *x.shape),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            use_input_stats=self.training or not self.track_running_stats,
            momentum=0.0 if self.momentum is None else self.momentum,
            eps=self.eps,
        )
        return y.reshape(x.shape)


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each sequence (N, C, L) or (C, L) by its own mean and variance.

    Parameters
    ----------
    num_features : int
        The number of channels C.
    eps : float, default 1e-5
        Added to the variance.
    momentum : float or None, default 0.1
        The share of the batch in the running statistics; None leaves them as they are.
    affine : bool, default False
        Whether to scale by weight and to shift by bias.
    track_running_stats : bool, default False
        Whether to keep running statistics; inference then normalises by these.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight, bias : Parameters, shape (C,), or None
        They start as ones and zeros.
    running_mean, running_var : arrays, shape (C,), or None
        Of the samples' means and unbiased variances; they start as zeros and ones.

    Raises
    ------
    ValueError
        If an input does not fit, or has only one value for each channel of a sample.
    TypeError
        If the input has another dtype than the parameters.

    References
    ----------
    D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.InstanceNorm1d(2)(nl.tensor([[[1.0, 3.0], [10.0, 30.0]]])).round(2)
    tensor([[[-1.,  1.],
             [-1.,  1.]]])
    """

    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of images (N, C, H, W) or (C, H, W), with the arguments of `InstanceNorm1d`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.InstanceNorm2d(3)(np.zeros((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of volumes (N, C, D, H, W) or (C, D, H, W), with the arguments of `InstanceNorm1d`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.InstanceNorm3d(3)(np.zeros((2, 3, 4, 4, 4))).shape
    (2, 3, 4, 4, 4)
    """

    ranks = (4, 5)
