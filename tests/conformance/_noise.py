"""Layers that add noise."""

from tests.conformance._rows import LayerRow

__all__ = ["LAYERS"]

FLAT = (3, 4)

LAYERS = [
    LayerRow("Dropout(0.4)", FLAT, FLAT, is_random=True),
    LayerRow("Dropout(0.4, seed=3)", FLAT, FLAT, is_random=True),
]
