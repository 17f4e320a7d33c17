"""Layers that change shapes."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

FLAT, IMAGES = (3, 4), (2, 5, 6, 2)

LAYERS = [
    LayerRow("Flatten()", IMAGES, (2, 60), ((),), keeps_dtype=True),
    LayerRow("Flatten(data_format='channels_first')", IMAGES, (2, 60), keeps_dtype=True),
    LayerRow("Permute((2, 1))", (2, 3, 4), (2, 4, 3), (FLAT,), keeps_dtype=True),
    LayerRow("Permute((3, 1, 2))", IMAGES, (2, 2, 5, 6), keeps_dtype=True),
    LayerRow("RepeatVector(3)", FLAT, (3, 3, 4), ((3,), IMAGES), keeps_dtype=True),
    LayerRow("Reshape((2, -1))", FLAT, (3, 2, 2), ((3, 5),), keeps_dtype=True),
    LayerRow("Reshape((2, 2))", FLAT, (3, 2, 2), ((3, 8),), keeps_dtype=True),
]

MODULES = [
    ModuleRow("Flatten()", IMAGES),
    ModuleRow("Flatten(start_dim=0, end_dim=2)", IMAGES),
    ModuleRow("Unflatten(1, (2, 2))", FLAT),
    ModuleRow("Unflatten(dim=1, unflattened_size=(2, -1))", FLAT),
]
