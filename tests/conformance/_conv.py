"""Convolutional layers."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

SEQUENCES, IMAGES, VOLUMES = (2, 6, 4), (2, 5, 6, 2), (2, 3, 4, 3, 2)
BY_NUMBERS = "it has no padding by numbers"

LAYERS = [
    LayerRow("Conv1D(3, (2,))", SEQUENCES, (2, 5, 3), ((6, 4), (2, 6, 3), (2, 6, 4, 1))),
    LayerRow("Conv1D(4, (3,), strides=(2,), padding='same', groups=2, activation='tanh')", SEQUENCES, (2, 3, 4)),
    LayerRow("Conv1D(3, (2,), padding='causal', dilation_rate=(3,))", SEQUENCES, (2, 6, 3)),
    LayerRow("Conv1D(3, (2,), padding=2, use_bias=False)", SEQUENCES, (2, 9, 3), no_keras=BY_NUMBERS),
    LayerRow("Conv1D(3, (2,), data_format='channels_first')", (2, 4, 6), (2, 3, 5), ((2, 6, 4),)),
    LayerRow("Conv2D(3, (2, 2))", IMAGES, (2, 4, 5, 3), ((5, 6, 2), (2, 5, 6, 3), (2,), (2, 5))),
    LayerRow(
        "Conv2D(2, (2, 2), kernel_regularizer=L2(), bias_regularizer=L1(), kernel_constraint=UnitNorm(axis=(0, 1, 2)))",
        IMAGES,
        (2, 4, 5, 2),
    ),
    LayerRow("Conv2D(4, (3, 2), strides=(2, 1), padding='same', activation='tanh')", IMAGES, (2, 3, 6, 4)),
    LayerRow(
        "Conv2D(4, (2, 2), padding=1, dilation_rate=(2, 1), groups=2, use_bias=False)",
        IMAGES,
        (2, 5, 7, 4),
        no_keras=BY_NUMBERS,
    ),
    LayerRow("Conv2D(4, (2, 2), dilation_rate=(2, 1), groups=2, use_bias=False)", IMAGES, (2, 3, 5, 4)),
    LayerRow("Conv2D(3, (2, 2), data_format='channels_first')", (2, 2, 4, 5), (2, 3, 3, 4), ((2, 3, 4, 5),)),
    LayerRow("Conv3D(3, (2, 2, 2))", VOLUMES, (2, 2, 3, 2, 3), ((3, 4, 3, 2), (2, 3, 4, 3, 1))),
    LayerRow("Conv3D(4, (1, 2, 2), strides=(1, 2, 2), padding='same', groups=2)", VOLUMES, (2, 3, 2, 2, 4)),
    LayerRow("Conv3D(1, (2, 1, 2), data_format='channels_first', use_bias=False)", (2, 2, 3, 4, 3), (2, 1, 2, 4, 2)),
    LayerRow("Conv1DTranspose(3, (2,))", SEQUENCES, (2, 7, 3), ((6, 4), (2, 6, 3))),
    LayerRow("Conv1DTranspose(2, (2,), strides=(3,))", SEQUENCES, (2, 18, 2)),
    LayerRow("Conv1DTranspose(2, (3,), strides=(2,), padding='same', output_padding=(1,))", SEQUENCES, (2, 12, 2)),
    LayerRow("Conv2DTranspose(3, (2, 3))", IMAGES, (2, 6, 8, 3), ((5, 6, 2), (2, 5, 6, 3))),
    LayerRow("Conv2DTranspose(3, (2, 3), strides=(2, 2), padding='same', activation='tanh')", IMAGES, (2, 10, 12, 3)),
    LayerRow("Conv2DTranspose(2, (2, 2), dilation_rate=(2, 1), use_bias=False)", IMAGES, (2, 7, 7, 2)),
    LayerRow("Conv2DTranspose(2, (4, 3), strides=(2, 2), padding=1)", IMAGES, (2, 10, 11, 2), no_keras=BY_NUMBERS),
    LayerRow("Conv2DTranspose(3, (2, 2), strides=(2, 1), data_format='channels_first')", (2, 2, 3, 4), (2, 3, 6, 5)),
    LayerRow("Conv3DTranspose(2, (2, 1, 2), strides=(1, 2, 2))", VOLUMES, (2, 4, 8, 6, 2), ((3, 4, 3, 2),)),
    LayerRow("Conv3DTranspose(1, (2, 2, 2), padding='same', data_format='channels_first')", (2, 2, 2, 3, 2),
             (2, 1, 2, 3, 2)),
    LayerRow("DepthwiseConv2D((2, 3))", IMAGES, (2, 4, 4, 2), ((5, 6, 2), (2, 5, 6, 3))),
    LayerRow(
        "DepthwiseConv2D((3, 3), strides=(2, 2), padding='same', depth_multiplier=2, activation='tanh')",
        IMAGES, (2, 3, 3, 4),
    ),
    LayerRow("DepthwiseConv2D((2, 2), data_format='channels_first', dilation_rate=(1, 2), use_bias=False)",
             (2, 3, 4, 5), (2, 3, 3, 3)),
    LayerRow("SeparableConv2D(3, (2, 3))", IMAGES, (2, 4, 4, 3), ((5, 6, 2), (2, 5, 6, 3))),
    LayerRow("SeparableConv2D(3, (3, 3), strides=(2, 2), padding='same', depth_multiplier=2, activation='tanh')",
             IMAGES, (2, 3, 3, 3)),
    LayerRow("SeparableConv2D(1, (2, 2), data_format='channels_first', use_bias=False)", (2, 3, 4, 5), (2, 1, 3, 4)),
]  # fmt: skip

FIRST_1D, FIRST_2D, FIRST_3D = (2, 4, 6), (2, 4, 5, 6), (2, 2, 3, 4, 3)

MODULES = [
    ModuleRow("Conv1d(4, 3, 2)", FIRST_1D),
    ModuleRow("Conv1d(4, 6, 3, stride=2, padding=1, groups=2, bias=False)", FIRST_1D),
    ModuleRow("Conv1d(4, 8, 3, padding='same', dilation=2, groups=4)", (4, 6)),
    ModuleRow("Conv1d(4, 2, 3, padding=2, padding_mode='circular')", FIRST_1D),
    ModuleRow("Conv2d(4, 3, 2)", FIRST_2D),
    ModuleRow("Conv2d(4, 6, (2, 3), stride=(1, 2), padding=(2, 1), dilation=(2, 1), groups=2)", FIRST_2D),
    ModuleRow("Conv2d(4, 3, (2, 4), padding='same', padding_mode='reflect')", FIRST_2D),
    ModuleRow("Conv2d(4, 3, 3, padding=(2, 1), padding_mode='replicate', bias=False)", (4, 5, 6)),
    ModuleRow("Conv2d(4, 3, 2, padding='valid', padding_mode='circular')", FIRST_2D),
    ModuleRow("Conv3d(2, 3, 2)", FIRST_3D),
    ModuleRow("Conv3d(2, 4, (1, 2, 3), stride=(1, 2, 1), padding=1, groups=2)", FIRST_3D),
    ModuleRow("Conv3d(2, 1, 2, padding=1, padding_mode='replicate')", (2, 3, 4, 3)),
    ModuleRow("ConvTranspose1d(4, 3, 2)", FIRST_1D),
    ModuleRow("ConvTranspose1d(4, 2, 3, stride=3, padding=1, output_padding=2, groups=2)", FIRST_1D),
    ModuleRow("ConvTranspose2d(4, 3, 2, stride=2, bias=False)", (4, 5, 6)),
    ModuleRow("ConvTranspose2d(4, 6, (2, 3), stride=(2, 3), padding=(0, 2), output_padding=(1, 0), groups=2, "
              "dilation=(3, 1))", FIRST_2D),
    ModuleRow("ConvTranspose2d(4, 2, 3, stride=2, padding=1)", FIRST_2D, settings={"output_size": (10, 11)}),
    ModuleRow("ConvTranspose3d(2, 3, 2)", FIRST_3D),
    ModuleRow("ConvTranspose3d(2, 2, (2, 1, 3), stride=(1, 2, 1), padding=(0, 0, 1), output_padding=(0, 1, 0), "
              "groups=2)", FIRST_3D),
]  # fmt: skip
