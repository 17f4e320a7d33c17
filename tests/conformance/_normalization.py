"""Normalising layers."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

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

MODULES = [
    ModuleRow("BatchNorm1d(4)", FLAT),
    ModuleRow("BatchNorm1d(5, eps=0.1, momentum=0.7)", STEPS),
    ModuleRow("BatchNorm1d(4, momentum=None)", FLAT),
    ModuleRow("BatchNorm1d(4, affine=False)", FLAT),
    ModuleRow("BatchNorm1d(4, track_running_stats=False)", FLAT),
    ModuleRow("BatchNorm2d(3)", IMAGES),
    ModuleRow("BatchNorm3d(2, momentum=0.3)", (2, 2, 3, 2, 2)),
    ModuleRow("GroupNorm(2, 4)", FLAT),
    ModuleRow("GroupNorm(3, 6, eps=0.1)", (2, 6, 2, 3)),
    ModuleRow("GroupNorm(1, 5, affine=False)", STEPS),
    ModuleRow("InstanceNorm1d(5)", STEPS),
    ModuleRow("InstanceNorm1d(3, affine=True)", (3, 4)),
    ModuleRow("InstanceNorm2d(3, eps=0.1, affine=True, track_running_stats=True)", IMAGES),
    ModuleRow("InstanceNorm2d(3, momentum=None, track_running_stats=True)", IMAGES),
    ModuleRow("InstanceNorm3d(2, momentum=0.3, track_running_stats=True)", (2, 2, 3, 2, 2)),
    ModuleRow("LayerNorm(4)", FLAT),
    ModuleRow("LayerNorm((4, 6), eps=0.1, bias=False)", IMAGES),
    ModuleRow("LayerNorm([5, 2], elementwise_affine=False)", STEPS),
    ModuleRow("LocalResponseNorm(2)", IMAGES),
    ModuleRow("LocalResponseNorm(3, alpha=0.5, beta=0.5, k=2.0)", STEPS),
    ModuleRow("RMSNorm(4)", FLAT),
    ModuleRow("RMSNorm((4, 6), eps=0.1)", IMAGES),
    ModuleRow("RMSNorm(2, elementwise_affine=False)", STEPS),
]
