"""Layers that take several inputs, and Lambda."""

from tests.conformance._rows import LayerRow

__all__ = ["LAYERS"]

FLAT = [(3, 4), (3, 4)]

LAYERS = [
    LayerRow("Add()", FLAT, (3, 4)),
    LayerRow("Add()", [(2, 5, 4), (2, 1, 4), (2, 4)], (2, 5, 4)),
    LayerRow("Average()", [(3, 4), (3, 1), (3, 4)], (3, 4)),
    LayerRow("Concatenate()", [(3, 4), (3, 2), (3, 1)], (3, 7), keeps_dtype=True),
    LayerRow("Concatenate(axis=1)", [(2, 3, 4), (2, 1, 4)], (2, 4, 4), keeps_dtype=True),
    LayerRow("Dot(1)", FLAT, (3, 1)),
    LayerRow("Dot(-1, normalize=True)", [(2, 3, 4), (2, 5, 4)], (2, 3, 5)),
    LayerRow("Dot((1, 2))", [(2, 3, 5), (2, 4, 3)], (2, 5, 4)),
    LayerRow("Lambda(linear)", (3, 4), (3, 4), keeps_dtype=True, no_keras="it does what the function does"),
    LayerRow("Maximum()", [(3, 4), (3, 4), (3, 1)], (3, 4)),
    LayerRow("Multiply()", FLAT, (3, 4)),
    LayerRow("Subtract()", FLAT, (3, 4)),
]
