"""Rows of the layers and modules that attend."""

from typing import Any

import numpy as np

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

_ALLOWED = np.array([[[1, 0, 1, 1, 0]], [[0, 0, 1, 1, 1]]], bool)  # (B, 1, S)
_SCORES: dict[str, Any] = {"return_attention_scores": True}  # without them JAX's softmax is in float32
_NOT_THERE = "Keras has no such layer: see PyTorch's in tests/parity/test_attention.py"

LAYERS = [
    LayerRow("MultiHeadAttention(2, 3)", ((2, 4, 6), (2, 5, 6)), (2, 4, 6),
             no_keras="JAX takes the softmax in float32, unless the scores are asked for as below"),
    LayerRow("MultiHeadAttention(2, 3)", ((2, 4, 6), (2, 5, 3), (2, 5, 2)), [(2, 4, 6), (2, 2, 4, 5)],
             settings={"attention_mask": _ALLOWED, **_SCORES}),
    LayerRow("MultiHeadAttention(2, 3, value_dim=2, use_bias=False, output_shape=5)",
             ((2, 4, 6), (2, 5, 6)), [(2, 4, 5), (2, 2, 4, 5)], settings=_SCORES),
    LayerRow("MultiHeadAttention(1, 3, output_shape=(2, 3))", ((2, 4, 6), (2, 4, 6)), [(2, 4, 2, 3), (2, 1, 4, 4)],
             settings={"use_causal_mask": True, **_SCORES}),
    LayerRow("MultiHeadAttention(2, 2)", ((2, 4, 3), (2, 5, 3)), [(2, 4, 3), (2, 2, 4, 5)],
             settings={"value_mask": _ALLOWED[:, 0], **_SCORES}),
    LayerRow("MultiHeadAttention(2, 2, attention_axes=(2,))", ((2, 2, 3, 4), (2, 2, 5, 4)), (2, 2, 3, 4)),
    LayerRow("MultiHeadAttention(2, 2)", ((2, 2, 3, 4), (2, 3, 2, 4)), [(2, 2, 3, 4), (2, 2, 2, 3, 3, 2)],
             settings=_SCORES),
    LayerRow("MultiHeadAttention(1, 2, kernel_initializer='he_normal', bias_initializer='ones')",
             ((2, 4, 6), (2, 5, 6)), [(2, 4, 6), (2, 1, 4, 5)], settings=_SCORES),
    LayerRow("MultiHeadAttention(2, 3, dropout=0.4)", ((2, 4, 6), (2, 5, 6)), (2, 4, 6), is_random=True),
    LayerRow("MultiHeadAttention(2, 3, dropout=0.4, seed=3)", ((2, 4, 6), (2, 5, 6)), (2, 4, 6), is_random=True),
    LayerRow("PositionalEncoding()", (2, 4, 3), (2, 4, 3), ((4, 3),), no_keras=_NOT_THERE),
    LayerRow("PositionalEncoding(max_wavelength=50.0)", (2, 4, 6), (2, 4, 6), no_keras=_NOT_THERE),
    LayerRow("TransformerEncoder(5, 2)", (2, 3, 4), (2, 3, 4), ((3, 4), (2, 3, 5)), no_keras=_NOT_THERE),
    LayerRow("TransformerEncoder(5, 2, activation='tanh', normalize_first=True)", (2, 3, 4), (2, 3, 4),
             no_keras=_NOT_THERE),
    LayerRow("TransformerEncoder(5, 1, dropout=0.3, layer_norm_epsilon=0.001)", (2, 3, 4), (2, 3, 4), is_random=True,
             no_keras=_NOT_THERE),
    LayerRow("TransformerDecoder(4, 2, activation='gelu')", (2, 2, 3), (2, 2, 3), ((2, 3), (2, 2, 4)),
             no_keras=_NOT_THERE),
    LayerRow("TransformerDecoder(3, 1, activation='gelu', normalize_first=True)", ((2, 2, 3), (2, 5, 2)), (2, 2, 3),
             no_keras=_NOT_THERE, settings={"encoder_attention_mask": _ALLOWED}),
    LayerRow("TransformerDecoder(3, 2, kernel_initializer='he_normal', bias_initializer='ones')",
             ((1, 2, 3), (1, 3, 3)), (1, 2, 3), no_keras=_NOT_THERE),
    LayerRow("TransformerDecoder(3, 1, dropout=0.3)", ((1, 2, 3), (1, 3, 2)), (1, 2, 3), is_random=True,
             no_keras=_NOT_THERE),
]  # fmt: skip

_IGNORED = np.array([[0, 1, 0, 0, 1], [1, 0, 0, 0, 0]], bool)  # (N, S)
_HIDDEN = _IGNORED & np.array([[True], [False]])
_ADDED = np.random.default_rng(3).normal(size=(4, 5))  # (L, S)

MODULES = [
    ModuleRow("MultiheadAttention(4, 2)", ((4, 2, 4), (5, 2, 4), (5, 2, 4))),
    ModuleRow("MultiheadAttention(4, 2, batch_first=True)", ((2, 4, 4), (2, 5, 4), (2, 5, 4)),
              settings={"key_padding_mask": _ADDED[:2], "attn_mask": _ADDED, "average_attn_weights": False}),
    ModuleRow("MultiheadAttention(4, 2, bias=False, kdim=3, vdim=2)", ((4, 2, 4), (5, 2, 3), (5, 2, 2)),
              settings={"need_weights": False, "attn_mask": _ADDED > 1}),
    ModuleRow("MultiheadAttention(6, 3, add_bias_kv=True, add_zero_attn=True)", ((4, 2, 6), (5, 2, 6), (5, 2, 6)),
              settings={"key_padding_mask": _IGNORED}),
    ModuleRow("MultiheadAttention(4, 2)", ((4, 4), (5, 4), (5, 4)),
              settings={"attn_mask": np.stack([_ADDED, -_ADDED])}),
    ModuleRow("MultiheadAttention(4, 2, dropout=0.3)", ((4, 2, 4), (5, 2, 4), (5, 2, 4)), is_random=True),
    ModuleRow("TransformerEncoderLayer(4, 2, 5, 0.0)", (3, 2, 4)),
    ModuleRow("TransformerEncoderLayer(4, 2, 5, 0.0, activation='gelu', batch_first=True, norm_first=True, bias=False)",
              (2, 5, 4), settings={"src_mask": np.triu(np.ones((5, 5), bool), 1), "src_key_padding_mask": _HIDDEN}),
    ModuleRow("TransformerDecoderLayer(4, 2, 5, 0.0)", ((3, 2, 4), (5, 2, 4)),
              settings={"memory_key_padding_mask": _HIDDEN}),
    ModuleRow("TransformerDecoderLayer(4, 2, 5, 0.0, layer_norm_eps=0.01, batch_first=True, norm_first=True)",
              ((2, 4, 4), (2, 5, 4)), settings={"tgt_mask": np.triu(np.ones((4, 4), bool), 1), "memory_mask": _ADDED}),
    ModuleRow("TransformerEncoder(TransformerEncoderLayer(4, 2, 5, 0.0, batch_first=True), 2, norm=LayerNorm((4,)))",
              (2, 5, 4), settings={"src_key_padding_mask": _HIDDEN}),
    ModuleRow("TransformerDecoder(TransformerDecoderLayer(4, 2, 5, 0.0), 2)", ((3, 2, 4), (5, 2, 4))),
    ModuleRow("Transformer(4, 2, 2, 1, 5, 0.0, batch_first=True)", ((2, 4, 4), (2, 3, 4)),
              settings={"tgt_mask": np.triu(np.full((3, 3), -np.inf), 1)}),
    ModuleRow("TransformerEncoderLayer(4, 2, 5, 0.4)", (3, 2, 4), is_random=True),
    ModuleRow("TransformerDecoderLayer(4, 2, 5)", ((3, 2, 4), (5, 2, 4)), is_random=True),
]  # fmt: skip
