"""The transformer: layers of attention and of a small network at each position, with sums and norms around them."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import nnlite.functional as functional
from nnlite.autograd import Tensor, default_dtype
from nnlite.layers import Module
from nnlite.layers._checks import positive_int
from nnlite.nn import init
from nnlite.nn._attention import MultiheadAttention
from nnlite.nn._containers import ModuleList
from nnlite.nn._linear import Linear
from nnlite.nn._normalization import LayerNorm

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": functional.relu, "gelu": functional.gelu}


class _Layer(Module):
    """What the layers of encoder and decoder have in common: their settings, and the network at each position."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: str | Callable[[Any], Any],
        layer_norm_eps: float,
        batch_first: bool,
        norm_first: bool,
        bias: bool,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        self.d_model, self.nhead = positive_int(kind, "d_model", d_model), positive_int(kind, "nhead", nhead)
        self.dim_feedforward = positive_int(kind, "dim_feedforward", dim_feedforward)
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise ValueError(f"{kind} expected activation 'relu', 'gelu' or a function, got {activation=}")
        self.dropout, self.activation, self.layer_norm_eps = dropout, activation, layer_norm_eps
        self.batch_first, self.norm_first, self.bias, self.dtype = batch_first, norm_first, bias, dtype

    def _attention(self) -> MultiheadAttention:
        return MultiheadAttention(
            self.d_model, self.nhead, self.dropout, self.bias, batch_first=self.batch_first, dtype=self.dtype
        )

    def _norm(self) -> LayerNorm:
        return LayerNorm(self.d_model, self.layer_norm_eps, bias=self.bias, dtype=self.dtype)

    def _dropped(self, x: Tensor) -> Tensor:
        y: Tensor = functional.dropout(x, self.dropout, self.training)
        return y

    def _around(self, x: Tensor, norm: Module, block: Callable[[Tensor], Tensor]) -> Tensor:
        """Add what a block makes of x to x, with the norm before the block or after the sum."""
        if self.norm_first:
            return x + self._dropped(block(norm(x)))
        y: Tensor = norm(x + self._dropped(block(x)))
        return y

    def _feedforward(self, linear1: Linear, linear2: Linear) -> Callable[[Tensor], Tensor]:
        """Return the network at each position."""
        activate = _ACTIVATIONS[self.activation] if isinstance(self.activation, str) else self.activation
        return lambda x: linear2(self._dropped(activate(linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then a small network at each position, with a sum and a norm around each.

    Parameters
    ----------
    d_model : int
        Features at each position; `nhead` must divide it.
    nhead : int
        Heads of the attention.
    dim_feedforward : int, default 2048
        Hidden units of the network.
    dropout : float, default 0.1
        Of attention weights, hidden units and what is added.
    activation : {"relu", "gelu"} or callable, default "relu"
    layer_norm_eps : float, default 1e-5
    batch_first : bool, default False
        Whether sequences are (N, L, d_model) and not (L, N, d_model).
    norm_first : bool, default False
        Whether the norms come before attention and network, not after the sums.
    bias : bool, default True
        Whether the linear maps and norms have biases.
    dtype : dtype, optional
        The default dtype unless given.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    R. Xiong, Y. Yang, D. He, K. Zheng, S. Zheng, C. Xing, H. Zhang, Y. Lan, L. Wang, T.-Y. Liu, "On layer normalization
    in the transformer architecture", 2020 (norms first).

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> layer = nl.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> layer(np.ones((3, 5, 8), np.float32)).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype
        )
        self.self_attn = self._attention()
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype)
        self.norm1, self.norm2 = self._norm(), self._norm()

    def forward(
        self, src: Tensor, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """Return the layer's output, of the shape of `src`; masks are as in `MultiheadAttention`."""
        x = self._around(
            src,
            self.norm1,
            lambda x: self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0],
        )
        return self._around(x, self.norm2, self._feedforward(self.linear1, self.linear2))


class TransformerDecoderLayer(_Layer):
    """Attention of a sequence to itself, then to another (memory), then a small network at each position.

    Parameters
    ----------
    d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype
        As for `TransformerEncoderLayer`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> layer = nl.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> layer(np.ones((3, 5, 8), np.float32), np.ones((3, 7, 8), np.float32)).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype
        )
        self.self_attn, self.multihead_attn = self._attention(), self._attention()
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype)
        self.norm1, self.norm2, self.norm3 = self._norm(), self._norm(), self._norm()

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the layer's output, of the shape of `tgt`; masks are as in `MultiheadAttention`."""
        x = self._around(
            tgt,
            self.norm1,
            lambda x: self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0],
        )
        x = self._around(
            x,
            self.norm2,
            lambda x: self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )[0],
        )
        return self._around(x, self.norm3, self._feedforward(self.linear1, self.linear2))


class _Stack(Module):
    """Copies of a layer one after the other, and perhaps a norm."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.num_layers = positive_int(type(self).__name__, "num_layers", num_layers)
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.norm = norm

    def _normed(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)

    def _code(self) -> str:
        """Return the call that builds this module."""
        norm = "" if self.norm is None else f", norm={self.norm._code()}"
        return f"{type(self).__name__}({self.layers[0]._code()}, {self.num_layers}{norm})"


class TransformerEncoder(_Stack):
    """A stack of encoder layers.

    Parameters
    ----------
    encoder_layer : Module
        The stack holds copies of it, with the same first values.
    num_layers : int
    norm : Module, optional
        Applied at the end.
    enable_nested_tensor, mask_check : bool
        Taken so that PyTorch's calls run; they choose among ways to compute the same.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> encoder = nl.nn.TransformerEncoder(nl.nn.TransformerEncoderLayer(8, 2, 16), num_layers=2)
    >>> encoder(np.ones((5, 3, 8), np.float32)).shape
    (5, 3, 8)
    >>> list(encoder.state_dict())[0]
    'layers.0.self_attn.in_proj_weight'
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self, src: Tensor, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Tensor:
        """Return the output of the last layer, normed; masks are as in `MultiheadAttention`."""
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))
        return self._normed(src)


class TransformerDecoder(_Stack):
    """A stack of decoder layers.

    Parameters
    ----------
    decoder_layer : Module
        The stack holds copies of it, with the same first values.
    num_layers : int
    norm : Module, optional
        Applied at the end.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> decoder = nl.nn.TransformerDecoder(nl.nn.TransformerDecoderLayer(8, 2, 16), num_layers=2)
    >>> decoder(np.ones((5, 3, 8), np.float32), np.ones((7, 3, 8), np.float32)).shape
    (5, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the output of the last layer, normed; masks are as in `MultiheadAttention`."""
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return self._normed(tgt)


class Transformer(Module):
    """An encoder that reads one sequence, and a decoder that writes another and looks at what the encoder made.

    All matrices start from Glorot's uniform values.

    Parameters
    ----------
    d_model : int, default 512
        Features at each position; `nhead` must divide it.
    nhead : int, default 8
    num_encoder_layers, num_decoder_layers : int, default 6
    dim_feedforward : int, default 2048
    dropout : float, default 0.1
    activation : {"relu", "gelu"} or callable, default "relu"
    custom_encoder, custom_decoder : Module, optional
        In place of the stacks that are otherwise built.
    layer_norm_eps : float, default 1e-5
    batch_first, norm_first : bool, default False
    bias : bool, default True
    dtype : dtype, optional
        These are as for `TransformerEncoderLayer`.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    >>> mask = model.generate_square_subsequent_mask(5)
    >>> model(np.ones((3, 7, 8), np.float32), np.ones((3, 5, 8), np.float32), tgt_mask=mask).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.d_model, self.nhead, self.dim_feedforward, self.dropout = d_model, nhead, dim_feedforward, dropout
        self.num_encoder_layers, self.num_decoder_layers = num_encoder_layers, num_decoder_layers
        self.activation, self.layer_norm_eps = activation, layer_norm_eps
        self.batch_first, self.norm_first, self.bias, self.dtype = batch_first, norm_first, bias, dtype
        settings: Any = (dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(d_model, nhead, *settings), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(d_model, nhead, *settings), num_decoder_layers, norm()
        )
        self.custom_encoder, self.custom_decoder = custom_encoder, custom_decoder
        for parameter in self.parameters():
            if parameter.ndim == 2:
                bound = (6 / sum(parameter.shape)) ** 0.5
                init.uniform_(parameter, -bound, bound)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the decoder's output, of the shape of `tgt`; masks are as in `MultiheadAttention`."""
        batch = 0 if self.batch_first else 1
        if src.ndim != tgt.ndim or src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ValueError(
                f"{self.label} expected src and tgt with {self.d_model} features, got shapes {src.shape}, {tgt.shape}"
            )
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ValueError(f"{self.label} expected batches of one size, got shapes {src.shape}, {tgt.shape}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        y: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return y

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: DTypeLike | None = None) -> Tensor:
        """Return the causal mask to add, shape (sz, sz): minus infinity above the diagonal, 0 elsewhere.

        Examples
        --------
        >>> import nnlite as nl
        >>> nl.nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[  0., -inf],
                [  0.,   0.]])
        """
        return Tensor(np.triu(np.full((sz, sz), -np.inf, dtype or default_dtype()), k=1))
