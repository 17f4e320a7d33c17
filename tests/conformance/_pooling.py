"""Pooling layers."""

from tests.conformance._rows import LayerRow

__all__ = ["LAYERS"]

IMAGES = (2, 5, 6, 2)

LAYERS = [
    LayerRow("AvgPool2D()", IMAGES, (2, 2, 3, 2), ((5, 6, 2),), keras="AvgPool2D(2)"),
    LayerRow("AvgPool2D(pool_size=(3, 2), strides=(2, 3), padding='same')", IMAGES, (2, 3, 2, 2)),
    LayerRow(
        "AvgPool2D(data_format='channels_first')",
        (2, 3, 4, 6),
        (2, 3, 2, 3),
        keras="AvgPool2D(2, data_format='channels_first')",
    ),
    LayerRow("MaxPool2D()", IMAGES, (2, 2, 3, 2), ((5, 6, 2), (2, 5))),
    LayerRow("MaxPool2D(pool_size=(2, 3), strides=(1, 2), padding='same')", IMAGES, (2, 5, 3, 2)),
    LayerRow("MaxPool2D(data_format='channels_first')", (2, 3, 4, 6), (2, 3, 2, 3)),
]
