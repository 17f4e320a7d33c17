"""Embedding and recurrent layers."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

LAYERS = [
    LayerRow("Embedding(7, 4)", (3, 5), (3, 5, 4), integers=7),
    LayerRow("Embedding(7, 4, embeddings_initializer='normal', mask_zero=True)", (3, 5), (3, 5, 4), integers=7),
]

MODULES: list[ModuleRow] = []
