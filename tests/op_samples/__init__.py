"""Samples for every function in `nnlite.functional`, one module a family; `SAMPLES` is all of them.

A function that has no derivative is listed in `NONDIFFERENTIABLE`: its samples are checked for value only, and for
giving constants. `tests/functional/test_samples.py` fails when a function, or one of its settings, is in no sample.
"""

from tests.op_samples import (
    _activation,
    _adaptive,
    _arithmetic,
    _attention,
    _conv,
    _conv_transpose,
    _indexing,
    _linalg,
    _loss_classification,
    _loss_ctc,
    _loss_margin,
    _loss_regression,
    _math,
    _noise,
    _normalization,
    _pooling,
    _recurrent,
    _reduction,
    _resize,
    _shape,
    _unfold,
)
from tests.op_samples._sample import Sample

__all__ = ["NONDIFFERENTIABLE", "SAMPLES", "Sample"]

NONDIFFERENTIABLE = {
    "all",
    "any",
    "argmax",
    "argmin",
    "ceil",
    "floor",
    "one_hot",
    "round",
    "sign",
    "sinusoidal_encoding",
    "step",
}

SAMPLES: list[Sample] = [
    *_arithmetic.SAMPLES,
    *_math.SAMPLES,
    *_reduction.SAMPLES,
    *_shape.SAMPLES,
    *_indexing.SAMPLES,
    *_linalg.SAMPLES,
    *_activation.SAMPLES,
    *_conv.SAMPLES,
    *_conv_transpose.SAMPLES,
    *_unfold.SAMPLES,
    *_pooling.SAMPLES,
    *_normalization.SAMPLES,
    *_adaptive.SAMPLES,
    *_resize.SAMPLES,
    *_noise.SAMPLES,
    *_attention.SAMPLES,
    *_recurrent.SAMPLES,
    *_loss_regression.SAMPLES,
    *_loss_classification.SAMPLES,
    *_loss_margin.SAMPLES,
    *_loss_ctc.SAMPLES,
]
