"""Data beside Keras': padding."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import nnlite as nl
from tests.parity.harness import check, drawn

sides = st.sampled_from(["pre", "post"])


@drawn(
    lengths=st.lists(st.integers(0, 6), max_size=5).filter(any),
    width=st.sampled_from([(), (3,)]),
    settings=st.fixed_dictionaries(
        {"padding": sides, "truncating": sides, "value": st.floats(-2, 2)},
        optional={"maxlen": st.integers(1, 8), "dtype": st.sampled_from(["float64", "int64"])},
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_pad_sequences(lengths: list[int], width: tuple[int, ...], settings: dict[str, Any], seed: int) -> None:
    import keras

    generator = np.random.default_rng(seed)
    sequences = [generator.normal(0, 9, (length, *width)) for length in lengths]
    theirs = keras.utils.pad_sequences(sequences, **settings)
    ours = nl.data.pad_sequences(sequences, **settings)
    assert ours.dtype == theirs.dtype
    check("data.pad_sequences", "keras", ours, theirs)
