"""Every layer of the conformance table beside Keras'."""

import pytest

from tests.conformance import LAYERS, LAYERS_BY_FAMILY, LayerRow, batch
from tests.parity.harness import compare_layer


@pytest.mark.parametrize("row", [row for row in LAYERS if not row.no_keras], ids=str)
def test_layer_does_what_that_of_keras_does(row: LayerRow) -> None:
    import jax

    # Compiling the loops over steps takes many times as long as running their steps one by one.
    with jax.disable_jit(row in LAYERS_BY_FAMILY["recurrent"]):
        compare_layer(row.code, batch(row, "float64"), row.keras, row.settings, row.is_random)
