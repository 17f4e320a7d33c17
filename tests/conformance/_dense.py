"""Dense layers."""

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

FLAT = (3, 4)

LAYERS = [
    LayerRow("Dense(5)", FLAT, (3, 5), ((3, 5), (4,), ())),
    LayerRow("Dense(2, activation='tanh', use_bias=False, kernel_initializer='he_normal')", (2, 3, 4), (2, 3, 2)),
    LayerRow(
        "Dense(2, kernel_regularizer=L2(), bias_regularizer=L1L2(l1=0.1), activity_regularizer=L1(l1=0.1), "
        "kernel_constraint=MaxNorm(max_value=1), bias_constraint=NonNeg())",
        FLAT,
        (3, 2),
    ),
    LayerRow("Dense(2, activation=PReLU(alpha_initializer=Constant(value=0.2)))", FLAT, (3, 2)),
]

MODULES = [
    ModuleRow("Linear(4, 5)", FLAT),
    ModuleRow("Linear(4, 2, bias=False)", (2, 3, 4)),
    ModuleRow("Bilinear(4, 3, 2)", ((5, 4), (5, 3))),
    ModuleRow("Bilinear(2, 3, 4, bias=False)", ((2, 5, 2), (2, 5, 3))),
    ModuleRow("Identity()", FLAT),
    ModuleRow("Sequential(Linear(4, 3), Identity(), Linear(3, 2))", FLAT),
]
