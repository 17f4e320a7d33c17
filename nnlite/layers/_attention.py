"""Attention with several heads."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._linalg import affine
from nnlite.functional._projection import projections
from nnlite.layers._checks import cast_input, positive_int
from nnlite.layers._mask import mask_of
from nnlite.layers._module import Module, Shape

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(Module):
    """Let each position of a sequence take from the positions of another what its heads look for.

    Query, key and value are projected for each head, attended to (`functional.scaled_dot_product_attention`), and what
    the heads found is projected together. A position that may attend to none gets the bias of the last projection.

    Parameters
    ----------
    num_heads : int
    key_dim : int
        Features of a query and a key in each head.
    value_dim : int, optional
        Features of a value in each head; `key_dim` by default.
    dropout : float, default 0.0
        The share of the attention weights that is dropped in training.
    use_bias : bool, default True
    output_shape : int or tuple of int, optional
        Features of the output; those of the query by default.
    attention_axes : tuple of int, optional
        The axes of the inputs along which positions attend to each other; all but the first and the last by default.
    kernel_initializer : default "glorot_uniform"
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer : str or callable, optional
        Penalties for all kernels and all biases; see `nnlite.regularizers`.
    kernel_constraint, bias_constraint : str or callable, optional
        What an update keeps all kernels and all biases to; see `nnlite.constraints`.
    seed : int, optional
        Seeds a generator of the layer's own for dropout; the library's (`nnlite.random`) by default.
    input_shape : tuple of int, optional
        Shape of one query, value and key where all three have the same; the parameters are then made at once.
    name : str, optional

    Attributes
    ----------
    query, key : Module
        Kernel (features, num_heads, key_dim), bias (num_heads, key_dim).
    value : Module
        Kernel (features, num_heads, value_dim), bias (num_heads, value_dim).
    attention_output : Module
        Kernel (num_heads, value_dim, *output_shape), bias (*output_shape).

    Raises
    ------
    ValueError
        If an argument is out of range, or the inputs do not fit each other.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> attention = nl.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    >>> x, memory = np.ones((3, 5, 8)), np.ones((3, 7, 6))
    >>> attention(x, memory).shape
    (3, 5, 8)
    >>> attention
    MultiHeadAttention(2, 4)  # 256 parameters
    >>> y, scores = attention(x, memory, return_attention_scores=True)
    >>> scores.shape
    (3, 2, 5, 7)
    """

    supports_masking = True

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: Sequence[int] | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        layer = "MultiHeadAttention"
        self.num_heads = positive_int(layer, "num_heads", num_heads)
        self.key_dim = positive_int(layer, "key_dim", key_dim)
        self.value_dim = None if value_dim is None else positive_int(layer, "value_dim", value_dim)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{layer} expected dropout in [0, 1], got {dropout=}")
        self.dropout, self.use_bias, self.seed = dropout, use_bias, seed
        self.output_shape, self.attention_axes = output_shape, attention_axes
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))
        initializers.get(kernel_initializer), initializers.get(bias_initializer)
        self._generator = None if seed is None else np.random.default_rng(seed)
        features = (num_heads, key_dim if value_dim is None else value_dim)
        self.query, self.key = _Projection(self, (num_heads, key_dim)), _Projection(self, (num_heads, key_dim))
        self.value = _Projection(self, features)
        shape = None
        if output_shape is not None:
            shape = (output_shape,) if isinstance(output_shape, (int, np.integer)) else tuple(output_shape)
            shape = tuple(positive_int(layer, "output_shape", n) for n in shape)
        self.attention_output = _Projection(self, shape, reduced_axes=2)
        if self.input_shape is not None:
            for projection in (self.query, self.key, self.value):
                projection.build((1, *self.input_shape))
            self._build_output((1, *self.input_shape))
            self.built = True

    def forward(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return what each query takes from the values.

        Parameters
        ----------
        query : Tensor, shape (B, T, features)
            There may be several axes between the first and the last; see `attention_axes`.
        value : Tensor, shape (B, S, features)
        key : Tensor, shape (B, S, features), optional
            The value by default.
        query_mask : array of bool, shape (B, T), optional
            Which queries count; the others attend to nothing. Here and for values and keys, it is by default the mask
            that the Tensor remembers (see `Embedding`).
        value_mask, key_mask : array of bool, shape (B, S), optional
            Which values and keys count; the others are attended to by no query.
        attention_mask : array of bool, broadcastable to (B, T, S) or (B, num_heads, T, S), optional
            True where a query may attend to a key.
        return_attention_scores : bool, default False
            Return also the weights, shape (B, num_heads, T, S), as they are before dropout.
        use_causal_mask : bool, default False
            Whether position t attends only to positions 0 to t.

        Returns
        -------
        Tensor, shape (B, T, *output_shape); a pair with the weights if `return_attention_scores`
        """
        query_mask = mask_of(query) if query_mask is None else query_mask
        value_mask = mask_of(value) if value_mask is None else value_mask
        key_mask = mask_of(key) if key_mask is None else key_mask
        key = value if key is None else key
        self._check_inputs(query, value, key)
        if not self.attention_output.built:
            self._build_output(query.shape)
        heads = self._projected(query, key, value)  # (B, T or S, heads, dim)
        axes = tuple(self.attention_axes or range(1, query.ndim - 1))
        others = [axis for axis in range(1, query.ndim - 1) if axis not in axes]
        order = [0, *others, query.ndim - 1, *axes, query.ndim]
        q, k, v = (_joined(x.transpose(order), len(axes)) for x in heads)  # (B, heads, T or S, dim)
        lengths = _lengths(query, axes), _lengths(key, axes)
        mask = self._mask(query_mask, value_mask, key_mask, attention_mask, len(others), lengths)
        y, scores = F.scaled_dot_product_attention(
            q,
            k,
            v,
            mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=use_causal_mask,
            return_weights=True,
            generator=self._generator,
        )
        y = y.reshape((*y.shape[:-2], *lengths[0], y.shape[-1])).transpose(np.argsort(order))  # (B, T, heads, dim)
        y = self.attention_output(y)  # (B, T, *output_shape)
        return (y, scores.reshape((*scores.shape[:-2], *lengths[0], *lengths[1]))) if return_attention_scores else y

    def _projected(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, ...]:
        """Return query, key and value by heads: of one input as one operation, unless a projection has hooks."""
        layers = (self.query, self.key, self.value)
        if not (query is key is value) or not all(layer.built and not layer._forward_hooks for layer in layers):
            return self.query(query), self.key(key), self.value(value)
        rows = self.query.rows(query)
        parameters = [parameter for layer in layers for parameter in layer.matrix_and_bias()]
        heads = zip(projections(rows, *parameters), layers, strict=True)
        return tuple(y.reshape((*query.shape[:-1], *layer.kernel.shape[1:])) for y, layer in heads)

    def _build_output(self, query_shape: Shape) -> None:
        """Make the last projection, which by default gives as many features as the query has."""
        if self.attention_output.output_shape is None:
            self.attention_output.output_shape = query_shape[-1:]
        self.attention_output.build(self.value.output_shape or ())

    def _check_inputs(self, query: Any, value: Any, key: Any) -> None:
        """Require three inputs of the same rank, and axes to attend along."""
        shapes = [np.shape(x) for x in (query, value, key)]
        if len(shapes[0]) < 3 or len({len(shape) for shape in shapes}) > 1 or shapes[1][:-1] != shapes[2][:-1]:
            raise ValueError(
                f"{self.label} expected query (B, T, features), value and key (B, S, features), got inputs of shapes "
                f"{shapes[0]}, {shapes[1]} and {shapes[2]}"
            )
        axes = self.attention_axes
        if axes is not None and not (axes and all(0 < axis < len(shapes[0]) - 1 for axis in axes)):
            raise ValueError(f"{self.label} expected inner axes of its inputs, got inputs of shape {shapes[0]}")

    def _mask(
        self, query_mask: Any, value_mask: Any, key_mask: Any, mask: Any, others: int, lengths: tuple[Shape, Shape]
    ) -> Any:
        """Return the masks as one, of shape (B, ..., heads or 1, T, S); None if there is none."""
        parts = [(query_mask, -1), (value_mask, -2), (key_mask, -2)]
        masks = [np.expand_dims(_booleans(part), axis) for part, axis in parts if part is not None]
        if mask is not None:
            masks.append(_booleans(mask))
        if not masks:
            return None
        joint = masks[0]
        for other in masks[1:]:
            joint = joint & other  # (B, T, S)
        attended = 2 * len(lengths[0])
        while joint.ndim < 2 + others + attended:
            joint = np.expand_dims(joint, -attended - 1)  # (B, ..., 1, T, S)
        joint = np.broadcast_to(joint, (*joint.shape[:-attended], *lengths[0], *lengths[1]))
        return joint.reshape(*joint.shape[:-attended], math.prod(lengths[0]), math.prod(lengths[1]))


class _Projection(Module):
    """A linear map from the last axes of its input to others, with the settings of the attention that it belongs to."""

    def __init__(self, owner: MultiHeadAttention, output_shape: Shape | None, reduced_axes: int = 1) -> None:
        super().__init__()
        self.output_shape, self.reduced_axes = output_shape, reduced_axes
        self._kernel_settings = (owner.kernel_initializer, owner.kernel_regularizer, owner.kernel_constraint)
        self._bias_settings = (owner.bias_initializer, owner.bias_regularizer, owner.bias_constraint)
        self.use_bias = owner.use_bias
        self._owner_code = owner._code()

    @property
    def label(self) -> str:
        """The layer as errors name it."""
        return self._owner_code

    def build(self, input_shape: Shape) -> None:
        """Make kernel (*reduced axes, *output_shape) and bias (*output_shape)."""
        output_shape = self.output_shape or ()
        initializer, regularizer, constraint = self._kernel_settings
        shape = (*input_shape[-self.reduced_axes :], *output_shape)
        self.kernel = self.add_weight(shape, initializer, regularizer=regularizer, constraint=constraint)
        self.bias = None
        if self.use_bias:
            initializer, regularizer, constraint = self._bias_settings
            self.bias = self.add_weight(output_shape, initializer, regularizer=regularizer, constraint=constraint)
        self.built = True

    def forward(self, x: Tensor) -> Tensor:
        """Return x @ kernel + bias, with the axes of both joined."""
        y: Tensor = affine(self.rows(x), *self.matrix_and_bias())
        return y.reshape((*x.shape[: -self.reduced_axes], *self.kernel.shape[self.reduced_axes :]))

    def rows(self, x: Tensor) -> Tensor:
        """Return x as a matrix, in the kernel's dtype."""
        kept, reduced = x.shape[: -self.reduced_axes], self.kernel.shape[: self.reduced_axes]
        if x.shape[-self.reduced_axes :] != reduced:
            raise ValueError(f"{self.label} expected the last axis to be {reduced[0]}, got an input of shape {x.shape}")
        return cast_input(x, self.kernel.dtype).reshape((math.prod(kept), math.prod(reduced)))

    def matrix_and_bias(self) -> tuple[Tensor, Tensor | None]:
        """Return kernel and bias with their axes joined."""
        matrix = self.kernel.reshape((math.prod(self.kernel.shape[: self.reduced_axes]), -1))
        return matrix, None if self.bias is None else self.bias.reshape(-1)


def _joined(x: Tensor, count: int) -> Tensor:
    """Join the `count` axes before the last one."""
    shape = x.shape
    return x if count == 1 else x.reshape((*shape[: -count - 1], math.prod(shape[-count - 1 : -1]), shape[-1]))


def _booleans(mask: Any) -> Any:
    """Return a mask of any dtype as booleans."""
    return np.asarray(mask.data if isinstance(mask, Tensor) else mask).astype(bool)


def _lengths(x: Tensor, axes: Sequence[int]) -> Shape:
    """Return how long x is along these axes."""
    return tuple(x.shape[axis] for axis in axes)
