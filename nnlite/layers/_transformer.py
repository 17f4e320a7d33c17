"""The transformer: blocks of attention and of a small network at each position, with sums and norms around them."""

from typing import Any

import nnlite.functional as F
from nnlite import initializers
from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._attention import MultiHeadAttention
from nnlite.layers._checks import cast_input, check_features, check_rank, positive_int
from nnlite.layers._dense import Dense
from nnlite.layers._mask import mask_of
from nnlite.layers._module import Module, Shape
from nnlite.layers._noise import Dropout
from nnlite.layers._normalization import LayerNorm

__all__ = ["PositionalEncoding", "TransformerDecoder", "TransformerEncoder"]


class PositionalEncoding(Module):
    """Add a pattern of waves to a sequence, so that attention can tell positions apart.

    The pattern is that of `functional.sinusoidal_encoding`; nothing is learned.

    Parameters
    ----------
    max_wavelength : float, default 10000.0
        The slowest wave is almost 2 * pi times as long.
    input_shape : tuple of int, optional
    name : str, optional

    Raises
    ------
    ValueError
        If `max_wavelength` is not positive, or an input is not a batch of sequences.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.PositionalEncoding()(np.zeros((1, 2, 4))).numpy().round(3)
    array([[[0.   , 1.   , 0.   , 1.   ],
            [0.841, 0.54 , 0.01 , 1.   ]]])
    """

    supports_masking = True

    def __init__(
        self, max_wavelength: float = 10000.0, input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        super().__init__(input_shape, name)
        if not max_wavelength > 0:
            raise ValueError(f"PositionalEncoding expected max_wavelength > 0, got {max_wavelength=}")
        self.max_wavelength = max_wavelength

    def forward(self, x: Tensor) -> Tensor:
        """Return x + encoding, for x of shape (B, T, features)."""
        check_rank(self, x, 3, "(batch, positions, features)")
        x = as_floating(x)
        y: Tensor = x + F.sinusoidal_encoding(x.shape[1], x.shape[2], self.max_wavelength, x.dtype)
        return y


class _Block(Module):
    """What encoder and decoder have in common: their settings, and the network at each position.

    A subclass says in `_make` what attention there is, and in `forward` in which order.
    """

    supports_masking = True

    def __init__(
        self,
        intermediate_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        activation: str | ActivationFunction = "relu",
        layer_norm_epsilon: float = 1e-5,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        normalize_first: bool = False,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        kind = type(self).__name__
        self.intermediate_dim = positive_int(kind, "intermediate_dim", intermediate_dim)
        self.num_heads = positive_int(kind, "num_heads", num_heads)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{kind} expected dropout in [0, 1], got {dropout=}")
        self.dropout, self.activation, self.layer_norm_epsilon = dropout, activation, layer_norm_epsilon
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.normalize_first = normalize_first
        get_activation(activation), initializers.get(kernel_initializer), initializers.get(bias_initializer)
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Make the layers inside; their names are those of the parameters."""
        if len(input_shape) != 3:
            raise ValueError(f"{self.label} expected an input of shape (batch, positions, features), got {input_shape}")
        if input_shape[-1] < self.num_heads:
            raise ValueError(f"{self.label} expected at least a feature a head, got an input of shape {input_shape}")
        self._make(input_shape[1:])
        self.built = True

    def _make(self, shape: Shape) -> None:
        """Make the layers inside for inputs of this shape."""
        raise NotImplementedError

    def _attention(self, features: int, input_shape: Shape | None) -> MultiHeadAttention:
        return MultiHeadAttention(
            self.num_heads,
            features // self.num_heads,
            dropout=self.dropout,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            input_shape=input_shape,
        )

    def _norm(self, input_shape: Shape | None) -> LayerNorm:
        return LayerNorm(epsilon=self.layer_norm_epsilon, input_shape=input_shape)

    def _make_feedforward(self, shape: Shape) -> None:
        """Make the network at each position, and its norm."""
        initial = {"kernel_initializer": self.kernel_initializer, "bias_initializer": self.bias_initializer}
        self.intermediate_dense = Dense(self.intermediate_dim, self.activation, **initial, input_shape=shape)
        self.output_dense = Dense(shape[-1], **initial, input_shape=(*shape[:-1], self.intermediate_dim))
        self.feedforward_norm = self._norm(shape)
        self.residual_dropout = Dropout(self.dropout)

    def _checked(self, x: Tensor) -> Tensor:
        """Return an input in the parameters' dtype."""
        check_rank(self, x, 3, "(batch, positions, features)")
        check_features(self, x, -1, self.output_dense.units)
        return cast_input(x, self.output_dense.kernel.dtype)

    def _around(self, x: Tensor, norm: Module, block: Any) -> Tensor:
        """Add what a block makes of x to x, with the norm before the block or after the sum."""
        if self.normalize_first:
            y: Tensor = x + self.residual_dropout(block(norm(x)))
        else:
            y = norm(x + self.residual_dropout(block(x)))
        return y

    def _feedforward(self, x: Tensor) -> Tensor:
        y: Tensor = self.output_dense(self.intermediate_dense(x))
        return y


class TransformerEncoder(_Block):
    """Attention of a sequence to itself, then a small network at each position, with a sum and a norm around each.

    Parameters
    ----------
    intermediate_dim : int
        Hidden units of the network.
    num_heads : int
        Heads of the attention, each of features // num_heads.
    dropout : float, default 0.0
        Of attention weights and what is added.
    activation : str or callable, default "relu"
        Of the hidden units.
    layer_norm_epsilon : float, default 1e-5
    kernel_initializer : default "glorot_uniform"
    bias_initializer : default "zeros"
    normalize_first : bool, default False
        Whether the norms come before attention and network, not after the sums.
    input_shape : tuple of int, optional
        Shape (positions, features) of one sequence; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is out of range, or an input or a mask does not fit.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    R. Xiong, Y. Yang, D. He, K. Zheng, S. Zheng, C. Xing, H. Zhang, Y. Lan, L. Wang, T.-Y. Liu, "On layer normalization
    in the transformer architecture", 2020 (norms first).

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> encoder = nl.layers.TransformerEncoder(intermediate_dim=16, num_heads=2)
    >>> encoder(np.ones((3, 5, 8)), padding_mask=np.array([[1, 1, 1, 0, 0]] * 3)).shape
    (3, 5, 8)
    >>> encoder
    TransformerEncoder(16, 2)  # 600 parameters
    """

    def _make(self, shape: Shape) -> None:
        self.self_attention = self._attention(shape[-1], shape)
        self.self_attention_norm = self._norm(shape)
        self._make_feedforward(shape)

    def forward(self, x: Tensor, padding_mask: Any = None, attention_mask: Any = None) -> Tensor:
        """Return the block's output.

        Parameters
        ----------
        x : Tensor, shape (B, T, features)
        padding_mask : array of bool, shape (B, T), optional
            Which positions count; the others neither attend nor are attended to. By default the mask
            that the Tensor remembers.
        attention_mask : array of bool, broadcastable to (B, T, T), optional
            True where a position may attend to another.

        Returns
        -------
        Tensor, shape (B, T, features)
        """
        padding_mask = mask_of(x) if padding_mask is None else padding_mask
        x = self._around(
            self._checked(x),
            self.self_attention_norm,
            lambda x: self.self_attention(
                x, x, query_mask=padding_mask, value_mask=padding_mask, attention_mask=attention_mask
            ),
        )
        return self._around(x, self.feedforward_norm, self._feedforward)


class TransformerDecoder(_Block):
    """Attention of a sequence to itself, then to another, then a small network at each position.

    Called without another sequence, it is a block of a decoder-only model: the second attention is left out.

    Parameters
    ----------
    intermediate_dim, num_heads, dropout, activation, layer_norm_epsilon, kernel_initializer, bias_initializer,
    normalize_first, input_shape, name
        As for `TransformerEncoder`. The attention to another sequence is made at the first call with one.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> decoder = nl.layers.TransformerDecoder(intermediate_dim=16, num_heads=2)
    >>> decoder(np.ones((3, 5, 8)), np.ones((3, 7, 8))).shape
    (3, 5, 8)
    """

    def _make(self, shape: Shape) -> None:
        self.self_attention = self._attention(shape[-1], shape)
        self.self_attention_norm = self._norm(shape)
        self.cross_attention = self._attention(shape[-1], None)
        self.cross_attention_norm = self._norm(None)
        self._make_feedforward(shape)

    def forward(
        self,
        decoder_sequence: Tensor,
        encoder_sequence: Tensor | None = None,
        decoder_padding_mask: Any = None,
        decoder_attention_mask: Any = None,
        encoder_padding_mask: Any = None,
        encoder_attention_mask: Any = None,
        use_causal_mask: bool = True,
    ) -> Tensor:
        """Return the block's output.

        Parameters
        ----------
        decoder_sequence : Tensor, shape (B, T, features)
        encoder_sequence : Tensor, shape (B, S, any features), optional
        decoder_padding_mask, encoder_padding_mask : array of bool, shapes (B, T) and (B, S), optional
            Which positions count; the others neither attend nor are attended to. By default the masks
            that the Tensors remember.
        decoder_attention_mask, encoder_attention_mask : array of bool, optional
            Broadcastable to (B, T, T) and (B, T, S): True where a position may attend to another.
        use_causal_mask : bool, default True
            Whether position t attends only to positions 0 to t of its own sequence.

        Returns
        -------
        Tensor, shape (B, T, features)
        """
        if decoder_padding_mask is None:
            decoder_padding_mask = mask_of(decoder_sequence)
        x = self._around(
            self._checked(decoder_sequence),
            self.self_attention_norm,
            lambda x: self.self_attention(
                x,
                x,
                query_mask=decoder_padding_mask,
                value_mask=decoder_padding_mask,
                attention_mask=decoder_attention_mask,
                use_causal_mask=use_causal_mask,
            ),
        )
        if encoder_sequence is not None:
            x = self._around(
                x,
                self.cross_attention_norm,
                lambda x: self.cross_attention(
                    x,
                    encoder_sequence,
                    query_mask=decoder_padding_mask,
                    value_mask=encoder_padding_mask,
                    attention_mask=encoder_attention_mask,
                ),
            )
        return self._around(x, self.feedforward_norm, self._feedforward)
