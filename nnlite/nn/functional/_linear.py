"""Linear maps."""

from nnlite.autograd._recording import Array
from nnlite.functional import matmul, swapaxes
from nnlite.functional._linalg import affine

__all__ = ["bilinear", "linear"]


def linear(input: Array, weight: Array, bias: Array = None) -> Array:
    """Return ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor or array, shape (..., in_features)
    weight : Tensor or array, shape (out_features, in_features)
    bias : Tensor or array, shape (out_features,), optional

    Returns
    -------
    Tensor or array, shape (..., out_features)

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.linear(np.array([1.0, 2.0]), np.array([[1.0, 0.0], [1.0, 1.0]]))
    array([1., 3.])
    """
    return affine(input, weight.T, bias)


def bilinear(input1: Array, input2: Array, weight: Array, bias: Array = None) -> Array:
    """Return ``y[..., k] = input1 @ weight[k] @ input2 + bias[k]``.

    Parameters
    ----------
    input1 : Tensor or array, shape (..., in1_features)
    input2 : Tensor or array, shape (..., in2_features)
    weight : Tensor or array, shape (out_features, in1_features, in2_features)
    bias : Tensor or array, shape (out_features,), optional

    Returns
    -------
    Tensor or array, shape (..., out_features)

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.bilinear(np.array([[1.0, 2.0]]), np.array([[3.0]]), np.ones((1, 2, 1)))
    array([[9.]])
    """
    if input1.shape[:-1] != input2.shape[:-1]:
        raise ValueError(
            f"bilinear() expected inputs that differ in the last axis only, got shapes {input1.shape}, {input2.shape}"
        )
    out_features, in1_features, in2_features = weight.shape
    rows = input1.reshape(-1, in1_features)  # (N, in1)
    products = matmul(rows, weight)  # (out, N, in2)
    y = (products * input2.reshape(-1, in2_features)).sum(axis=-1)  # (out, N)
    y = swapaxes(y, 0, 1).reshape(*input1.shape[:-1], out_features)
    return y if bias is None else y + bias
