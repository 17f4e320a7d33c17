"""Every module of the conformance table beside PyTorch's."""

import pytest

from tests.conformance import MODULES, ModuleRow, batch
from tests.parity.harness import compare_module


@pytest.mark.parametrize("row", [row for row in MODULES if not row.no_torch], ids=str)
def test_module_does_what_that_of_pytorch_does(row: ModuleRow) -> None:
    compare_module(row.code, batch(row, "float64"), row.settings, row.is_random)
