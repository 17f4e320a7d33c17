"""Normalising layers."""

from tests.conformance._rows import LayerRow

__all__ = ["LAYERS"]

NONE = "Keras has no such layer"
FLAT, STEPS, IMAGES = (3, 4), (3, 5, 2), (2, 3, 4, 6)
OTHERS: tuple[tuple[int, ...], ...] = ((3, 5), (4,), ())

LAYERS = [
    LayerRow("BatchNorm()", FLAT, FLAT, OTHERS, uses_statistics=True),
    LayerRow(
        "BatchNorm(momentum=0.7, epsilon=0.1, beta_initializer='ones', moving_mean_initializer='random_normal')",
        STEPS,
        STEPS,
        uses_statistics=True,
    ),
    LayerRow("BatchNorm(axis=1)", IMAGES, IMAGES, ((2, 4, 4, 6),), uses_statistics=True),
    LayerRow("BatchNorm(scale=False, gamma_initializer='zeros')", IMAGES, IMAGES, uses_statistics=True),
    LayerRow("BatchNorm(center=False, scale=False)", IMAGES, IMAGES, uses_statistics=True),
    LayerRow("GroupNorm(groups=2)", FLAT, FLAT, OTHERS),
    LayerRow("GroupNorm(groups=3)", IMAGES, IMAGES, ((2, 3, 4, 4),)),
    LayerRow("GroupNorm(groups=3, axis=1, epsilon=0.1, center=False)", IMAGES, IMAGES),
    LayerRow("GroupNorm(groups=-1, scale=False)", STEPS, STEPS),
    LayerRow("InstanceNorm()", STEPS, STEPS, ((3, 5, 3), (3, 2)), keras="GroupNormalization(groups=-1)"),
    LayerRow(
        "InstanceNorm(axis=1, epsilon=0.1, gamma_initializer='zeros')",
        IMAGES,
        IMAGES,
        keras="GroupNormalization(groups=-1, axis=1, epsilon=0.1, gamma_initializer='zeros')",
    ),
    LayerRow(
        "InstanceNorm(center=False, scale=False)",
        IMAGES,
        IMAGES,
        keras="GroupNormalization(groups=-1, center=False, scale=False)",
    ),
    LayerRow("LayerNorm()", FLAT, FLAT, OTHERS),
    LayerRow("LayerNorm(axis=(1, 3), epsilon=0.1, beta_initializer='ones')", IMAGES, IMAGES, ((2, 3, 4, 5),)),
    LayerRow("LayerNorm(axis=[1, 2], center=False)", STEPS, STEPS),
    LayerRow("LayerNorm(axis=1, scale=False)", STEPS, STEPS),
    LayerRow("LocalResponseNorm(3)", IMAGES, IMAGES, ((6,),), no_keras=NONE),
    LayerRow("LocalResponseNorm(2, alpha=0.5, beta=0.5, k=2.0, axis=1)", IMAGES, IMAGES, no_keras=NONE),
    LayerRow("RMSNorm()", FLAT, FLAT, OTHERS),
    LayerRow("RMSNorm(axis=(1, 2), epsilon=0.1)", STEPS, STEPS, ((3, 5, 3),)),
]
