"""Layers that add noise."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

FLAT, SEQUENCES, IMAGES = (3, 4), (3, 2, 4), (2, 3, 2, 4)

LAYERS = [
    LayerRow("AlphaDropout(0.4)", FLAT, FLAT, is_random=True),
    LayerRow("AlphaDropout(0.4, noise_shape=(None, 1), seed=3)", FLAT, FLAT, is_random=True),
    LayerRow("Dropout(0.4)", FLAT, FLAT, is_random=True),
    LayerRow("Dropout(0.4, seed=3)", FLAT, FLAT, is_random=True),
    LayerRow("Dropout(0.4, noise_shape=(None, 1, 4))", SEQUENCES, SEQUENCES, is_random=True),
    LayerRow("GaussianNoise(0.2)", FLAT, FLAT, is_random=True),
    LayerRow("GaussianNoise(0.2, seed=3)", FLAT, FLAT, is_random=True),
    LayerRow("SpatialDropout1D(0.4)", SEQUENCES, SEQUENCES, (FLAT,), is_random=True),
    LayerRow("SpatialDropout1D(0.4, seed=3)", SEQUENCES, SEQUENCES, is_random=True),
    LayerRow("SpatialDropout2D(0.4)", IMAGES, IMAGES, (FLAT,), is_random=True),
    LayerRow("SpatialDropout2D(0.4, data_format='channels_first', seed=3)", IMAGES, IMAGES, is_random=True),
]

MODULES = [
    ModuleRow("AlphaDropout()", FLAT, is_random=True),
    ModuleRow("AlphaDropout(p=0.3, inplace=True)", IMAGES, is_random=True),
    ModuleRow("Dropout()", FLAT, is_random=True),
    ModuleRow("Dropout(0.3)", IMAGES, is_random=True),
    ModuleRow("Dropout2d()", IMAGES, is_random=True),
    ModuleRow("Dropout2d(0.3, inplace=True)", IMAGES, is_random=True),
]
