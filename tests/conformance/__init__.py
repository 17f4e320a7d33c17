"""The conformance tables: a row a layer, a module, an optimizer, a loss or a metric; generic tests run over them.

A new one gets all its checks by a row. One module a family: `LAYERS` are rows for layers in Keras' spelling (checked by
`tests/layers/test_conformance.py`, and against Keras by `tests/parity/test_layers.py`), `MODULES` rows for modules in
PyTorch's (`tests/nn/test_conformance.py`, `tests/parity/test_modules.py`). A family adds its lists to the dicts below.
"""

from tests.conformance import (
    _activation,
    _attention,
    _conv,
    _dense,
    _merge,
    _noise,
    _normalization,
    _pooling,
    _recurrent,
    _reshape,
    _resize,
)
from tests.conformance._initializers import INITIALIZERS
from tests.conformance._losses import LOSSES
from tests.conformance._metrics import METRICS
from tests.conformance._optim import OPTIM
from tests.conformance._optimizers import OPTIMIZERS
from tests.conformance._rows import (
    InitializerRow,
    LayerRow,
    LossRow,
    MetricRow,
    ModuleRow,
    OptimizerRow,
    ScheduleRow,
    assert_equal,
    batch,
    keras_names,
    layer_names,
)
from tests.conformance._schedules import SCHEDULES

__all__ = [
    "INITIALIZERS",
    "InitializerRow",
    "LAYERS",
    "LAYERS_BY_FAMILY",
    "LOSSES",
    "METRICS",
    "MODULES",
    "MODULES_BY_FAMILY",
    "OPTIM",
    "OPTIMIZERS",
    "SCHEDULES",
    "LayerRow",
    "LossRow",
    "MetricRow",
    "ModuleRow",
    "OptimizerRow",
    "ScheduleRow",
    "assert_equal",
    "batch",
    "keras_names",
    "layer_names",
]

LAYERS_BY_FAMILY: dict[str, list[LayerRow]] = {
    "activation": _activation.LAYERS,
    "attention": _attention.LAYERS,
    "conv": _conv.LAYERS,
    "dense": _dense.LAYERS,
    "merge": _merge.LAYERS,
    "noise": _noise.LAYERS,
    "normalization": _normalization.LAYERS,
    "pooling": _pooling.LAYERS,
    "recurrent": _recurrent.LAYERS,
    "reshape": _reshape.LAYERS,
    "resize": _resize.LAYERS,
}
MODULES_BY_FAMILY: dict[str, list[ModuleRow]] = {
    "conv": _conv.MODULES,
    "attention": _attention.MODULES,
    "activation": _activation.MODULES,
    "dense": _dense.MODULES,
    "noise": _noise.MODULES,
    "pooling": _pooling.MODULES,
    "normalization": _normalization.MODULES,
    "recurrent": _recurrent.MODULES,
    "reshape": _reshape.MODULES,
    "resize": _resize.MODULES,
}
LAYERS = [row for rows in LAYERS_BY_FAMILY.values() for row in rows]
MODULES = [row for rows in MODULES_BY_FAMILY.values() for row in rows]
