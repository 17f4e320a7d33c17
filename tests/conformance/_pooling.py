"""Pooling layers."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

SEQUENCES, IMAGES, VOLUMES = (2, 7, 3), (2, 5, 6, 2), (2, 3, 4, 5, 2)
FIRST = "data_format='channels_first'"

LAYERS = [
    LayerRow("AdaptiveAvgPool2D((2, 3))", IMAGES, (2, 2, 3, 2), ((5, 6, 2),), keras="AdaptiveAveragePooling2D((2, 3))"),
    LayerRow(
        f"AdaptiveAvgPool2D((1, 2), {FIRST})",
        (2, 3, 4, 6),
        (2, 3, 1, 2),
        keras=f"AdaptiveAveragePooling2D((1, 2), {FIRST})",
    ),
    LayerRow("AvgPool1D()", SEQUENCES, (2, 3, 3), ((7, 3),), keras="AvgPool1D(2)"),
    LayerRow("AvgPool1D(pool_size=3, strides=2, padding='same')", SEQUENCES, (2, 4, 3)),
    LayerRow("AvgPool2D()", IMAGES, (2, 2, 3, 2), ((5, 6, 2),), keras="AvgPool2D(2)"),
    LayerRow("AvgPool2D(pool_size=(3, 2), strides=(2, 3), padding='same')", IMAGES, (2, 3, 2, 2)),
    LayerRow(f"AvgPool2D({FIRST})", (2, 3, 4, 6), (2, 3, 2, 3), keras=f"AvgPool2D(2, {FIRST})"),
    LayerRow("AvgPool3D()", VOLUMES, (2, 1, 2, 2, 2), (IMAGES,), keras="AvgPool3D(2)"),
    LayerRow(f"AvgPool3D(pool_size=(2, 3, 1), padding='same', {FIRST})", (2, 2, 3, 4, 5), (2, 2, 2, 2, 5)),
    *(
        LayerRow(f"Global{kind}Pool{axes}D({settings})", shape, (2, *(output or (channels,))), ((2, channels),))
        for kind in ("Avg", "Max")
        for axes, shape, settings, channels, output in (
            (1, SEQUENCES, "", 3, ()),
            (1, SEQUENCES, f"{FIRST}, keepdims=True", 7, (7, 1)),
            (2, IMAGES, "", 2, ()),
            (2, IMAGES, "keepdims=True", 2, (1, 1, 2)),
            (2, IMAGES, FIRST, 5, ()),
            (3, VOLUMES, "", 2, ()),
            (3, VOLUMES, f"{FIRST}, keepdims=True", 3, (3, 1, 1, 1)),
        )
    ),
    LayerRow("MaxPool1D()", SEQUENCES, (2, 3, 3), ((7, 3),)),
    LayerRow("MaxPool1D(pool_size=3, strides=1, padding='same')", SEQUENCES, SEQUENCES),
    LayerRow(f"MaxPool1D({FIRST})", SEQUENCES, (2, 7, 1)),
    LayerRow("MaxPool2D()", IMAGES, (2, 2, 3, 2), ((5, 6, 2), (2, 5))),
    LayerRow("MaxPool2D(pool_size=(2, 3), strides=(1, 2), padding='same')", IMAGES, (2, 5, 3, 2)),
    LayerRow(f"MaxPool2D({FIRST})", (2, 3, 4, 6), (2, 3, 2, 3)),
    LayerRow("MaxPool3D()", VOLUMES, (2, 1, 2, 2, 2), (IMAGES,)),
    LayerRow("MaxPool3D(pool_size=(2, 1, 3), strides=(1, 2, 2), padding='same')", VOLUMES, (2, 3, 2, 3, 2)),
]

# In PyTorch's spelling: channels first, also a single sample.
FIRSTS = {1: (2, 3, 9), 2: (2, 2, 6, 7), 3: (1, 2, 4, 5, 6)}

MODULES = [
    *(
        ModuleRow(code.format(axes=axes), shape)
        for axes, shape in FIRSTS.items()
        for code in (
            "MaxPool{axes}d(2)",
            "MaxPool{axes}d(3, stride=2, padding=1, dilation=2)",
            "MaxPool{axes}d(2, stride=3, return_indices=True, ceil_mode=True)",
            "AvgPool{axes}d(2)",
            "AvgPool{axes}d(3, stride=2, padding=1, ceil_mode=True)",
            "AvgPool{axes}d(3, 2, 1, ceil_mode=True, count_include_pad=False)",
            "AdaptiveAvgPool{axes}d(1)",
            "AdaptiveAvgPool{axes}d(4)",
            "AdaptiveMaxPool{axes}d(1)",
            "AdaptiveMaxPool{axes}d(4, return_indices=True)",
        )
    ),
    ModuleRow("MaxPool1d((3,), stride=(2,))", (3, 9)),
    ModuleRow("MaxPool2d((3, 2), stride=(1, 2), padding=(1, 0), dilation=(1, 2), return_indices=True)", (2, 6, 7)),
    ModuleRow("MaxPool3d((1, 2, 3))", (2, 4, 5, 6)),
    ModuleRow("AvgPool2d((3, 2), stride=(1, 2), padding=(1, 0), divisor_override=5)", (2, 6, 7)),
    ModuleRow("AvgPool3d((1, 2, 3), ceil_mode=True, divisor_override=-2)", (1, 2, 4, 5, 7)),
    ModuleRow("AdaptiveAvgPool2d((None, 3))", (2, 6, 7)),
    ModuleRow("AdaptiveMaxPool3d((2, None, 7))", (2, 4, 5, 6)),
]
