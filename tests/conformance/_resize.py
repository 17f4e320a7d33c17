"""Layers that make inputs larger or smaller."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

SEQUENCES, IMAGES = (2, 4, 3), (2, 5, 6, 2)
FIRST = "data_format='channels_first'"

LAYERS = [
    LayerRow("Cropping2D()", IMAGES, IMAGES, ((5, 6, 2),), keeps_dtype=True),
    LayerRow("Cropping2D(cropping=((1, 0), (2, 1)))", IMAGES, (2, 4, 3, 2), ((2, 1, 6, 2),), keeps_dtype=True),
    LayerRow(f"Cropping2D(cropping=1, {FIRST})", (2, 3, 4, 5), (2, 3, 2, 3), keeps_dtype=True),
    LayerRow("UpSampling1D()", SEQUENCES, (2, 8, 3), ((4, 3),)),
    LayerRow("UpSampling1D(size=3)", SEQUENCES, (2, 12, 3)),
    LayerRow("UpSampling2D()", IMAGES, (2, 10, 12, 2), ((5, 6, 2),)),
    LayerRow("UpSampling2D(size=(3, 2), interpolation='bilinear')", IMAGES, (2, 15, 12, 2)),
    LayerRow(f"UpSampling2D(size=(1, 2), {FIRST})", (2, 2, 3, 4), (2, 2, 3, 8)),
    LayerRow(f"UpSampling2D({FIRST}, interpolation='bilinear')", (2, 2, 1, 4), (2, 2, 2, 8)),
    LayerRow("ZeroPadding1D()", SEQUENCES, (2, 6, 3), ((4, 3),), keeps_dtype=True),
    LayerRow("ZeroPadding1D(padding=(0, 2))", SEQUENCES, (2, 6, 3), keeps_dtype=True),
    LayerRow(f"ZeroPadding1D(padding=2, {FIRST})", SEQUENCES, (2, 4, 7), keeps_dtype=True),
    LayerRow("ZeroPadding2D()", IMAGES, (2, 7, 8, 2), ((5, 6, 2),), keeps_dtype=True),
    LayerRow("ZeroPadding2D(padding=((1, 0), (2, 1)))", IMAGES, (2, 6, 9, 2), keeps_dtype=True),
    LayerRow(f"ZeroPadding2D(padding=(0, 2), {FIRST})", (2, 3, 4, 5), (2, 3, 4, 9), keeps_dtype=True),
]

MODULES = [
    ModuleRow("PixelShuffle(2)", (2, 8, 2, 3)),
    ModuleRow("PixelShuffle(3)", (9, 2, 1)),
    *(
        ModuleRow(f"Upsample({settings})", shape)
        for shape, mode in (((2, 2, 5), "linear"), ((2, 2, 5, 4), "bilinear"), ((1, 2, 3, 4, 2), "trilinear"))
        for settings in (
            "scale_factor=2",
            "size=7",
            "scale_factor=1.5",
            f"scale_factor=2, mode={mode!r}",
            f"size=3, mode={mode!r}, align_corners=True",
            f"scale_factor=1.7, mode={mode!r}",
            f"scale_factor=1.7, mode={mode!r}, recompute_scale_factor=True",
        )
    ),
    ModuleRow("Upsample(size=(3, 8))", (2, 2, 5, 4)),
    ModuleRow("Upsample(scale_factor=(2.5, 1.0), mode='bilinear', align_corners=False)", (2, 2, 5, 4)),
    ModuleRow("ZeroPad2d(1)", (2, 2, 3, 4)),
    ModuleRow("ZeroPad2d((1, 2, 0, -1))", (2, 3, 4)),
]
