"""Initializers, with the law that their numbers follow, or the numbers."""

import math
from typing import Any

import numpy as np
from scipy import stats

from tests.conformance._rows import InitializerRow

__all__ = ["INITIALIZERS"]

KERNEL = (3, 5, 16, 48)  # window 3 x 5, 16 channels in, 48 out
FAN_IN, FAN_OUT = 15 * 16, 15 * 48
FAN_AVG = (FAN_IN + FAN_OUT) / 2


def uniform(variance: float) -> Any:
    """The uniform law of mean 0 and this variance."""
    limit = math.sqrt(3 * variance)
    return stats.uniform(-limit, 2 * limit)


def truncated(variance: float) -> Any:
    """The normal law cut off at twice its spread, of mean 0 and this variance after that."""
    return stats.truncnorm(-2, 2, 0, math.sqrt(variance / stats.truncnorm(-2, 2).var()))


INITIALIZERS = [
    InitializerRow("Zeros()", KERNEL, np.zeros),
    InitializerRow("Ones()", KERNEL, np.ones),
    InitializerRow("Constant(value=2.5)", KERNEL, lambda shape: np.full(shape, 2.5)),
    InitializerRow("Identity()", (4, 4), lambda shape: np.eye(*shape)),
    InitializerRow("Identity(gain=3.0)", (3, 5), lambda shape: 3 * np.eye(*shape)),
    InitializerRow("RandomUniform()", KERNEL, law=stats.uniform(-0.05, 0.1)),
    InitializerRow("RandomUniform(minval=-1.0, maxval=3.0)", KERNEL, law=stats.uniform(-1, 4)),
    InitializerRow("RandomNormal()", KERNEL, law=stats.norm(0, 0.05)),
    InitializerRow("RandomNormal(mean=1.0, stddev=0.5)", KERNEL, law=stats.norm(1, 0.5)),
    InitializerRow("TruncatedNormal()", KERNEL, law=stats.truncnorm(-2, 2, 0, 0.05)),
    InitializerRow("TruncatedNormal(mean=5.0, stddev=0.5)", KERNEL, law=stats.truncnorm(-2, 2, 5, 0.5)),
    InitializerRow("VarianceScaling()", KERNEL, law=truncated(1 / FAN_IN)),
    InitializerRow(
        "VarianceScaling(scale=3.0, mode='fan_out', distribution='untruncated_normal')",
        KERNEL,
        law=stats.norm(0, math.sqrt(3 / FAN_OUT)),
    ),
    InitializerRow(
        "VarianceScaling(scale=3.0, mode='fan_avg', distribution='uniform')", KERNEL, law=uniform(3 / FAN_AVG)
    ),
    InitializerRow("VarianceScaling(distribution='uniform')", (3000,), law=uniform(1 / 3000)),
    InitializerRow("GlorotUniform()", KERNEL, law=uniform(1 / FAN_AVG)),
    InitializerRow("GlorotUniform()", (50, 200), law=uniform(1 / 125)),
    InitializerRow("GlorotNormal()", KERNEL, law=truncated(1 / FAN_AVG)),
    InitializerRow("HeUniform()", KERNEL, law=uniform(2 / FAN_IN)),
    InitializerRow("HeNormal()", KERNEL, law=truncated(2 / FAN_IN)),
    InitializerRow("LecunUniform()", KERNEL, law=uniform(1 / FAN_IN)),
    InitializerRow("LecunNormal()", KERNEL, law=truncated(1 / FAN_IN)),
    InitializerRow("Orthogonal()", (3, 4, 20)),
    InitializerRow("Orthogonal(gain=2.0)", (3, 5)),
]
