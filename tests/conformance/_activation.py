"""Activation layers."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

NONE = "Keras has no such layer"
FLAT, IMAGES = (3, 4), (2, 5, 6, 2)

KERAS_STRINGS = [  # and "exponential", which is too large for bytes: see tests/parity/test_activation.py
    "celu", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softmax", "softplus", "softsign", "squareplus", "swish", "tanh", "tanh_shrink",
]  # fmt: skip

LAYERS = [
    *(LayerRow(f"Activation('{name}')", FLAT, FLAT) for name in KERAS_STRINGS),
    LayerRow("Activation('glu')", FLAT, (3, 2)),
    LayerRow("ELU(alpha=0.5)", FLAT, FLAT),
    LayerRow("GELU()", FLAT, FLAT, keras="Activation('gelu')"),
    LayerRow("GELU(approximate=True)", FLAT, FLAT, no_keras="its Activation('gelu') is the exact one"),
    LayerRow("LeakyReLU()", FLAT, FLAT),
    LayerRow("Maxout()", FLAT, (3, 2), ((3, 5), ()), no_keras=NONE),
    LayerRow("Maxout(pieces=4)", FLAT, (3, 1), no_keras=NONE),
    LayerRow("PReLU()", FLAT, FLAT, ((3, 1), (3, 5), (4,))),
    LayerRow("PReLU(alpha_initializer='ones', shared_axes=(1, 2))", IMAGES, IMAGES, ((2, 5, 6, 1),)),
    LayerRow("PReLU(shared_axes=1)", (3, 5, 2), (3, 5, 2)),
    LayerRow("ReLU()", FLAT, FLAT),
    LayerRow("ReLU(max_value=1.0, negative_slope=0.1, threshold=0.3)", FLAT, FLAT),
    LayerRow("SELU()", FLAT, FLAT, keras="Activation('selu')"),
    LayerRow("SiLU()", FLAT, FLAT, keras="Activation('silu')"),
    LayerRow("Softmax()", FLAT, FLAT),
    LayerRow("Softmax(axis=1)", IMAGES, IMAGES),
    LayerRow("Softmax(axis=(1, -1))", IMAGES, IMAGES),
    LayerRow("Softplus()", FLAT, FLAT, keras="Activation('softplus')"),
]

MODULES = [
    ModuleRow("CELU()", FLAT),
    ModuleRow("CELU(alpha=0.5)", FLAT),
    ModuleRow("ELU()", FLAT),
    ModuleRow("ELU(alpha=0.5, inplace=False)", FLAT),
    ModuleRow("GELU()", FLAT),
    ModuleRow("GELU(approximate='tanh')", FLAT),
    ModuleRow("GLU()", FLAT),
    ModuleRow("GLU(dim=0)", (4, 3)),
    ModuleRow("Hardshrink()", FLAT),
    ModuleRow("Hardshrink(lambd=0.1)", FLAT),
    ModuleRow("Hardsigmoid()", FLAT),
    ModuleRow("Hardswish()", FLAT),
    ModuleRow("Hardtanh()", FLAT),
    ModuleRow("Hardtanh(min_val=-0.5, max_val=2.0)", FLAT),
    ModuleRow("LeakyReLU()", FLAT),
    ModuleRow("LeakyReLU(negative_slope=0.3)", FLAT),
    ModuleRow("LogSigmoid()", FLAT),
    ModuleRow("LogSoftmax(dim=-1)", FLAT),
    ModuleRow("Mish()", FLAT),
    ModuleRow("PReLU()", FLAT),
    ModuleRow("PReLU(num_parameters=4, init=0.1)", FLAT),
    ModuleRow("ReLU()", FLAT),
    ModuleRow("ReLU(inplace=False)", FLAT),
    ModuleRow("ReLU6()", FLAT),
    ModuleRow("SELU()", FLAT),
    ModuleRow("SiLU()", FLAT),
    ModuleRow("Sigmoid()", FLAT),
    ModuleRow("Softmax(dim=1)", FLAT),
    ModuleRow("Softmax(dim=0)", FLAT),
    ModuleRow("Softmin(dim=-1)", FLAT),
    ModuleRow("Softplus()", FLAT),
    ModuleRow("Softplus(beta=2.0, threshold=1.0)", FLAT),
    ModuleRow("Softshrink()", FLAT),
    ModuleRow("Softshrink(lambd=0.1)", FLAT),
    ModuleRow("Softsign()", FLAT),
    ModuleRow("Tanh()", FLAT),
    ModuleRow("Tanhshrink()", FLAT),
    ModuleRow("Threshold(0.1, -2.0)", FLAT),
    ModuleRow("PReLU(num_parameters=5)", IMAGES[:3]),
    ModuleRow("Softmax2d()", IMAGES),
]
