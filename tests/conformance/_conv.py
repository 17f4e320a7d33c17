"""Convolutional layers."""

from tests.conformance._rows import LayerRow

__all__ = ["LAYERS"]

IMAGES = (2, 5, 6, 2)

LAYERS = [
    LayerRow("Conv2D(3, (2, 2))", IMAGES, (2, 4, 5, 3), ((5, 6, 2), (2, 5, 6, 3), (2,), (2, 5))),
    LayerRow("Conv2D(4, (3, 2), strides=(2, 1), padding='same', activation='tanh')", IMAGES, (2, 3, 6, 4)),
    LayerRow(
        "Conv2D(4, (2, 2), padding=1, dilation_rate=(2, 1), groups=2, use_bias=False)",
        IMAGES,
        (2, 5, 7, 4),
        no_keras="it has no padding by numbers",
    ),
    LayerRow("Conv2D(3, (2, 2), data_format='channels_first')", (2, 2, 4, 5), (2, 3, 3, 4), ((2, 3, 4, 5),)),
]
