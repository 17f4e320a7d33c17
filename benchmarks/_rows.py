"""All rows by name."""

from benchmarks import cnn, conv_sweep, dense, images, overhead, recurrent, transformer, xor
from benchmarks._row import Row

__all__ = ["ROWS"]

ROWS: dict[str, Row] = {}
for module in (cnn, xor, dense, recurrent, transformer, images, conv_sweep, overhead):
    ROWS |= module.ROWS
